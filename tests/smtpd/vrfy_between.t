# V-07: VRFY and its like leave a transaction as it is.
S: 220 *
C: EHLO client.example
S- 250 *
C: MAIL FROM:<a@b.example>
S: 250 2.1.0 Ok
X: VRFY j\xc3\xb6@test.example\r\n
S: 501 5.1.3 Bad recipient address syntax
C: EXPN x
S: 502 *
C: RCPT TO:<joe@test.example>
S: 250 2.1.5 Ok
X: VRFY \xc3\xb6\r\n
S: 501 5.1.3 Bad recipient address syntax
C: VRFY nobody@test.example
S: 550 *
C: ETRN x
S: 503 *
C: XFORWARD x
S: 550 *
C: DATA
S: 354 *
C: .
S: 250 2.0.0 Ok: queued as 4bQ1
Q: cleanup_mail *
Q: cleanup_rcpt *
Q: cleanup_content
Q: content 0 octets *
Q: cleanup_commit
