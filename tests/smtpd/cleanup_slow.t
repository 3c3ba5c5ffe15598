# The queue manager is behind: the next message waits, and is not lost.
cleanup: slow
S: 220 *
C: EHLO client.example
S- 250 *
X: MAIL FROM:<a@b.example>\r\nRCPT TO:<joe@test.example>\r\nBDAT 3 LAST\r\nabcMAIL FROM:<a@b.example>\r\nRCPT TO:<joe@test.example>\r\nBDAT 3 LAST\r\nabc
S: 250 2.1.0 Ok
S: 250 2.1.5 Ok
S: 250 2.0.0 Ok: 3 bytes queued as 4bQ1
S: 250 2.1.0 Ok
S: 250 2.1.5 Ok
S: 250 2.0.0 Ok: 3 bytes queued as 4bQ2
T: 950
