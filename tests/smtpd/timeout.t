# A client that has nothing to say.
conf: smtpd_timeout = 1s
S: 220 *
C: EHLO client.example
S- 250 *
S: 421 4.4.2 mx.test.example Error: timeout exceeded
S: <EOF>
L: timeout after EHLO from unknown[192.0.2.1]
L: disconnect from unknown[192.0.2.1] ehlo=1 commands=1
