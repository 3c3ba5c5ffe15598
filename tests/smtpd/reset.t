# RSET in each state: what was not finished, cleanup never hears of.
S: 220 *
C: RSET
S: 250 2.0.0 Ok
C: EHLO client.example
S- 250 *
C: RSET
S: 250 2.0.0 Ok
C: MAIL FROM:<a@b.example>
S: 250 2.1.0 Ok
C: RSET
S: 250 2.0.0 Ok
C: MAIL FROM:<a@b.example>
S: 250 2.1.0 Ok
C: RCPT TO:<joe@test.example>
S: 250 2.1.5 Ok
C: RSET
S: 250 2.0.0 Ok
C: RCPT TO:<joe@test.example>
S: 503 5.5.1 Error: need MAIL command
C: MAIL FROM:<a@b.example>
S: 250 2.1.0 Ok
C: RCPT TO:<joe@test.example>
S: 250 2.1.5 Ok
X: BDAT 3\r\nabc
S: 250 2.0.0 Ok: 3 bytes
C: RSET
S: 250 2.0.0 Ok
X: BDAT 3 LAST\r\nabc
S: 503 5.5.1 Error: need RCPT command
C: MAIL FROM:<a@b.example>
S: 250 2.1.0 Ok
C: RCPT TO:<jane@test.example>
S: 250 2.1.5 Ok
X: BDAT 3 LAST\r\nabc
S: 250 2.0.0 Ok: 3 bytes queued as 4bQ1
Q: cleanup_mail *
Q: cleanup_rcpt address=jane@test.example
Q: cleanup_content
Q: content 3 octets *
Q: cleanup_commit
