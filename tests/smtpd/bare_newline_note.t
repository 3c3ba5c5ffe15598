# note: LF is as good as CRLF, and the log knows.
conf: smtpd_forbid_bare_newline = note
S: 220 *
X: EHLO client.example\n
S- 250 *
C: MAIL FROM:<a@b.example>
S: 250 2.1.0 Ok
C: RCPT TO:<joe@test.example>
S: 250 2.1.5 Ok
C: DATA
S: 354 *
X: a: b\n\nfoo\n.\n
S: 250 2.0.0 Ok: queued as 4bQ1
C: QUIT
S: 221 2.0.0 Bye
L: unknown[192.0.2.1]: bare <LF> received after CONNECT
L: 4bQ1: bare <LF> received from unknown[192.0.2.1]
