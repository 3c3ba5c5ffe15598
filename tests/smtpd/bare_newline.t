# smtpd_forbid_bare_newline = reject, in content.
S: 220 *
C: EHLO client.example
S- 250 *
C: MAIL FROM:<a@b.example>
S: 250 2.1.0 Ok
C: RCPT TO:<joe@test.example>
S: 250 2.1.5 Ok
C: DATA
S: 354 *
X: a: b\r\n\r\nfoo\nbar\r\n.\r\n
S: 550 5.5.2 mx.test.example Error: bare <LF> received
C: RCPT TO:<joe@test.example>
S: 503 5.5.1 Error: need MAIL command
C: MAIL FROM:<a@b.example>
S: 250 2.1.0 Ok
C: RCPT TO:<joe@test.example>
S: 250 2.1.5 Ok
C: DATA
S: 354 *
X: a: b\r\n\r\nfoo\rbar\r\n.\r\n
S: 550 5.5.2 mx.test.example Error: bare <CR> received
C: MAIL FROM:<a@b.example>
S: 250 2.1.0 Ok
C: RCPT TO:<joe@test.example>
S: 250 2.1.5 Ok
C: DATA
S: 354 *
X: a: b\r\n\r\nfoo\0bar\r\n.\r\n
S: 550 5.5.2 mx.test.example Error: bare <NUL> received
Q: cleanup_mail *
Q: cleanup_rcpt *
Q: cleanup_content
Q: gone
C: QUIT
S: 221 2.0.0 Bye
L: 4bQ1: reject: END-OF-MESSAGE from unknown[192.0.2.1]: bare <LF> received; from=<a@b.example> to=<joe@test.example> proto=ESMTP helo=<client.example>
L: 4bQ2: reject: END-OF-MESSAGE from unknown[192.0.2.1]: bare <CR> received; *
