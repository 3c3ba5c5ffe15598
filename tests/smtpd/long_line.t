# V-12: a long command is refused, an endless one ends the session.
S: 220 *
X: EHLO {3000*x}\r\n
S: 500 5.5.2 Error: line too long
X: {2048*x}\r\n
S: 500 5.5.2 Error: command not recognized
X: {200000*x}
S: 500 5.5.2 Error: line too long
S: <EOF>
L: warning: unknown[192.0.2.1]: request longer than 2048: EHLO xxxxxxxxxxxxxxxxxxxxxxxxx...
L: too long a line after UNKNOWN from unknown[192.0.2.1]
