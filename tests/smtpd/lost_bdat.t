# V-05: or of a chunk.
S: 220 *
C: EHLO client.example
S- 250 *
C: MAIL FROM:<a@b.example>
S: 250 2.1.0 Ok
C: RCPT TO:<joe@test.example>
S: 250 2.1.5 Ok
X: BDAT 100000 LAST\r\n{70000*x}
Q: cleanup_mail *
Q: cleanup_rcpt *
Q: cleanup_content
C: <EOF>
S: <EOF>
Q: gone
L: lost connection after BDAT (70000 bytes) from unknown[192.0.2.1]
L: disconnect from unknown[192.0.2.1] ehlo=1 mail=1 rcpt=1 bdat=0/1 commands=3/4
