# The same without haste.
peer: 127.0.0.1
S: 220 *
X: HELO client.example\n
S: 250 *
X: MAIL FROM:<a@b.example>\n
S: 250 2.1.0 Ok
X: RCPT TO:<joe@test.example>\n
S: 250 2.1.5 Ok
X: DATA\n
S: 354 *
X: a: b\n\nfoo\n.\n
S: 250 2.0.0 Ok: queued as 4bQ1
Q: cleanup_mail *
Q: cleanup_rcpt *
Q: cleanup_content
Q: content 13 octets in * chunks: a: b\r\n\r\nfoo\r\n
Q: cleanup_commit
L! *bare*
