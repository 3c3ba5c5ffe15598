# What RFC 2920 allows, and two messages in one go.
S: 220 *
C: EHLO client.example
S- 250-PIPELINING
X: RSET\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<joe@test.example>\r\nRCPT TO:<nobody@test.example>\r\nDATA\r\n
S: 250 2.0.0 Ok
S: 250 2.1.0 Ok
S: 250 2.1.5 Ok
S: 550 5.1.1 *
S: 354 *
X: a: b\r\n.\r\nMAIL FROM:<c@b.example>\r\nRCPT TO:<jane@test.example>\r\nBDAT 1\r\nxBDAT 1 LAST\r\nyQUIT\r\nNOOP\r\n
S: 250 2.0.0 Ok: queued as 4bQ1
S: 250 2.1.0 Ok
S: 250 2.1.5 Ok
S: 250 2.0.0 Ok: 1 bytes
S: 250 2.0.0 Ok: 2 bytes queued as 4bQ2
S: 221 2.0.0 Bye
S: <EOF>
L! improper*
