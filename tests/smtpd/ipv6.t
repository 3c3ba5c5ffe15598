# The same with IPv6.
peer: 2001:db8::25
S: 220 *
C: QUIT
S: 221 2.0.0 Bye
S: <EOF>
L: connect from unknown[2001:db8::25]
