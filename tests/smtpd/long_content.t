# In content no line is too long.
S: 220 *
C: EHLO client.example
S- 250 *
C: MAIL FROM:<a@b.example>
S: 250 2.1.0 Ok
C: RCPT TO:<joe@test.example>
S: 250 2.1.5 Ok
C: DATA
S: 354 *
X: {3000000*x}\r\n{200000*.}\r\n.\r\n
S: 250 2.0.0 Ok: queued as 4bQ1
Q: cleanup_mail *
Q: cleanup_rcpt *
Q: cleanup_content
Q: content 3200003 octets in *
Q: cleanup_commit
