# CHUNKING as RFC 3030 has it.
conf: message_size_limit = 1000
S: 220 *
C: EHLO client.example
S- 250 CHUNKING
C: MAIL FROM:<a@b.example>
S: 250 2.1.0 Ok
C: RCPT TO:<joe@test.example>
S: 250 2.1.5 Ok
X: BDAT 12\r\nSubject: x\r\n
S: 250 2.0.0 Ok: 12 bytes
C: NOOP
S: 250 2.0.0 Ok
C: VRFY joe@test.example
S: 252 2.0.0 joe@test.example
C: DATA
S: 503 5.5.1 Error: DATA after BDAT
C: MAIL FROM:<a@b.example>
S: 503 5.5.1 Error: MAIL after BDAT
C: RCPT TO:<joe@test.example>
S: 503 5.5.1 Error: RCPT after BDAT
X: BDAT 3\r\n\r\n.
S: 250 2.0.0 Ok: 3 bytes
X: bdat 9 last\r\n\r\n..\r\nab\n
S: 550 5.5.2 mx.test.example Error: bare <LF> received
C: MAIL FROM:<a@b.example>
S: 250 2.1.0 Ok
C: RCPT TO:<joe@test.example>
S: 250 2.1.5 Ok
# A line end in two pieces, dots that are text, and an end without one.
X: BDAT 2\r\na\r
S: 250 2.0.0 Ok: 2 bytes
X: BDAT 8\r\n\n.\r\n..\r\n
S: 250 2.0.0 Ok: 8 bytes
X: BDAT 3 LAST\r\nend
S: 250 2.0.0 Ok: 13 bytes queued as 4bQ2
# Nothing in the last chunk.
X: MAIL FROM:<a@b.example>\r\nRCPT TO:<joe@test.example>\r\nBDAT 4\r\nx: yBDAT 0 LAST\r\nNOOP\r\n
S: 250 2.1.0 Ok
S: 250 2.1.5 Ok
S: 250 2.0.0 Ok: 4 bytes
S: 250 2.0.0 Ok: 4 bytes queued as 4bQ3
S: 250 2.0.0 Ok
Q: cleanup_mail *
Q: cleanup_rcpt *
Q: cleanup_content
Q: gone
Q: cleanup_mail *
Q: cleanup_rcpt *
Q: cleanup_content
Q: content 13 octets in * chunks: a\r\n.\r\n..\r\nend
Q: cleanup_commit
Q: cleanup_mail *
Q: cleanup_rcpt *
Q: cleanup_content
Q: content 4 octets in 1 chunks: x: y
Q: cleanup_commit
L: 4bQ1: reject: END-OF-MESSAGE from unknown[192.0.2.1]: bare <LF> received; from=<a@b.example> to=<joe@test.example> proto=ESMTP helo=<client.example>
