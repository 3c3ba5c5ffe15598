# A port scanner.
S: 220 *
C: <EOF>
S: <EOF>
L: connect from unknown[192.0.2.1]
L: lost connection after CONNECT from unknown[192.0.2.1]
L: disconnect from unknown[192.0.2.1] commands=0/0
