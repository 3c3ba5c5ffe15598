# A client that goes in the middle of DATA: cleanup never hears of it.
S: 220 *
C: EHLO client.example
S- 250 *
C: MAIL FROM:<a@b.example>
S: 250 2.1.0 Ok
C: RCPT TO:<joe@test.example>
S: 250 2.1.5 Ok
C: DATA
S: 354 *
X: Subject: x\r\n.\r
C: <EOF>
S: <EOF>
L: lost connection after DATA (12 bytes) from unknown[192.0.2.1]
L: disconnect from unknown[192.0.2.1] ehlo=1 mail=1 rcpt=1 data=0/1 commands=3/4
