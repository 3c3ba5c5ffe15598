# A connection that waited in the pool is dead: the message goes through another one, nobody notices.
cleanup: leaves
S: 220 *
C: EHLO client.example
S- 250 *
C: MAIL FROM:<a@b.example>
S: 250 *
C: RCPT TO:<joe@test.example>
S: 250 *
C: DATA
S: 354 *
C: .
S: 250 2.0.0 Ok: queued as 4bQ1
C: MAIL FROM:<b@b.example>
S: 250 *
C: RCPT TO:<joe@test.example> NOTIFY=NEVER
S: 250 *
C: RCPT TO:<jane@test.example>
S: 250 *
C: DATA
S: 354 *
C: a: b
C: .
S: 250 2.0.0 Ok: queued as 4bQ2
X: MAIL FROM:<c@b.example>\r\nRCPT TO:<joe@test.example>\r\nRCPT TO:<nobody@test.example>\r\nDATA\r\n
S: 250 *
S: 250 *
S: 550 *
S: 354 *
X: x\r\n.\r\nMAIL FROM:<d@b.example>\r\nRCPT TO:<joe@test.example>\r\nRSET\r\nMAIL FROM:<e@b.example>\r\nRCPT TO:<joe@test.example>\r\nBDAT 1 LAST\r\nx
S: 250 2.0.0 Ok: queued as 4bQ3
S: 250 *
S: 250 *
S: 250 *
S: 250 *
S: 250 *
S: 250 2.0.0 Ok: 1 bytes queued as *
Q: cleanup_mail sender=a@b.example *
Q: cleanup_rcpt *
Q: cleanup_content
Q: content *
Q: cleanup_commit
Q: cleanup_mail sender=b@b.example *
Q: cleanup_rcpt address=joe@test.example notify=NEVER
Q: cleanup_rcpt address=jane@test.example
Q: cleanup_content
Q: content 6 octets *
Q: cleanup_commit
Q: cleanup_mail sender=c@b.example *
Q: cleanup_rcpt address=joe@test.example
Q: cleanup_content
Q: content 3 octets *
Q: cleanup_commit
L: 4bQ3: client=*
L: 4bQ3: reject: RCPT *
L! *warning*
