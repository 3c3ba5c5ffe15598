# normalize: LF ends a line, but the message ends with CRLF.CRLF only; CR and NUL are cleanup's business.
conf: smtpd_forbid_bare_newline = normalize
S: 220 *
X: EHLO client.example\n
S- 250 *
X: MAIL FROM:<a@b.example>\n
S: 250 2.1.0 Ok
X: RCPT TO:<joe@test.example>\n
S: 250 2.1.5 Ok
X: DATA\n
S: 354 *
X: a: b\n\nfoo\n.\nbar\n.\r\nmore\r\n.\nQUIT\r\n..x\r\n.\r\n
S: 250 2.0.0 Ok: queued as 4bQ1
Q: cleanup_mail *
Q: cleanup_rcpt *
Q: cleanup_content
Q: content 43 octets in * chunks: a: b\r\n\r\nfoo\r\n.\r\nbar\r\n.\r\nmore\r\n.\r\nQUIT\r\n.x\r\n
Q: cleanup_commit
X: NOOP\0\r\n
S: 500 5.5.2 Error: bad syntax
X: NO\rOP\r\n
S: 500 5.5.2 Error: bad syntax
C: QUIT
S: 221 2.0.0 Bye
