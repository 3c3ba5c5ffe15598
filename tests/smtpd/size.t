# message_size_limit, declared or not.
conf: message_size_limit = 1000
S: 220 *
C: EHLO client.example
S- 250-SIZE 1000
C: MAIL FROM:<a@b.example> SIZE=1000
S: 250 2.1.0 Ok
C: RCPT TO:<joe@test.example>
S: 250 2.1.5 Ok
C: DATA
S: 354 *
X: {998*x}\r\n.\r\n
S: 250 2.0.0 Ok: queued as 4bQ1
Q: cleanup_mail *
Q: cleanup_rcpt *
Q: cleanup_content
Q: content 1000 octets *
Q: cleanup_commit
C: MAIL FROM:<a@b.example>
S: 250 2.1.0 Ok
C: RCPT TO:<joe@test.example>
S: 250 2.1.5 Ok
C: DATA
S: 354 *
X: {999*x}\r\n{100*more of it\r\n}.\r\n
S: 552 5.3.4 Error: message file too big
Q: cleanup_mail *
Q: cleanup_rcpt *
Q: cleanup_content
Q: gone
C: RCPT TO:<joe@test.example>
S: 503 5.5.1 Error: need MAIL command
L: 4bQ1: client=*
L: 4bQ2: client=*
L: warning: 4bQ2: queue file size limit exceeded
