# A command that ends with LF alone ends the session.
S: 220 *
X: NOOP\n
S: 550 5.5.2 mx.test.example Error: bare <LF> received
S: <EOF>
L: NOQUEUE: reject: CONNECT from unknown[192.0.2.1]: bare <LF> received; proto=SMTP
L: disconnect from unknown[192.0.2.1] commands=0/0
