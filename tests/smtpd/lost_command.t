# Half a command is none.
S: 220 *
C: EHLO client.example
S- 250 *
C: MAIL FROM:<a@b.example>
S: 250 2.1.0 Ok
X: RCPT TO:<joe@test.example>
C: <EOF>
S: <EOF>
L: lost connection after MAIL from unknown[192.0.2.1]
L: disconnect from unknown[192.0.2.1] ehlo=1 mail=1 commands=2
