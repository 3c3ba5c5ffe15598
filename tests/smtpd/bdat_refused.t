# V-04: a refused chunk is read to its end, those behind it too, and then nothing is left of the transaction.
conf: message_size_limit = 1000
conf: smtpd_hard_error_limit = 100
S: 220 *
C: EHLO client.example
S- 250 CHUNKING
X: BDAT 3\r\nabc
S: 503 5.5.1 Error: need RCPT command
X: BDAT 3 LAST\r\nabc
S: 551 5.0.0 Discarded 3 bytes after earlier error
C: MAIL FROM:<a@b.example>
S: 250 2.1.0 Ok
X: BDAT 6\r\nQUIT\r\n
S: 554 5.5.1 Error: no valid recipients
C: RCPT TO:<joe@test.example>
S: 503 5.5.1 Error: need MAIL command
C: DATA
S: 503 5.5.1 Error: DATA after BDAT
X: BDAT 2 LAST\r\n\r\n
S: 551 5.0.0 Discarded 2 bytes after earlier error
C: MAIL FROM:<a@b.example>
S: 250 2.1.0 Ok
C: RCPT TO:<joe@test.example>
S: 250 2.1.5 Ok
X: BDAT 1001\r\n{1001*x}
S: 552 5.3.4 Chunk exceeds message size limit
C: MAIL FROM:<a@b.example>
S: 503 5.5.1 Error: MAIL after BDAT
C: DATA
S: 503 5.5.1 Error: DATA after BDAT
C: RSET
S: 250 2.0.0 Ok
C: MAIL FROM:<a@b.example>
S: 250 2.1.0 Ok
C: RCPT TO:<joe@test.example>
S: 250 2.1.5 Ok
X: BDAT 600\r\n{600*x}
S: 250 2.0.0 Ok: 600 bytes
X: BDAT 600 LAST\r\n{600*x}
S: 552 5.3.4 Chunk exceeds message size limit
C: RCPT TO:<joe@test.example>
S: 503 5.5.1 Error: need MAIL command
C: DATA
S: 503 5.5.1 Error: need RCPT command
C: MAIL FROM:<a@b.example>
S: 250 2.1.0 Ok
C: RCPT TO:<joe@test.example>
S: 250 2.1.5 Ok
C: BDAT 0
S: 551 5.7.1 Null BDAT request
C: BDAT 0 LAST
S: 551 5.0.0 Discarded 0 bytes after earlier error
# This one was the death of a Postfix.
X: BDAT 3\r\nabc
S: 503 5.5.1 Error: need RCPT command
C: EHLO client.example
S- 250 CHUNKING
C: MAIL FROM:<a@b.example>
S: 250 2.1.0 Ok
C: RCPT TO:<joe@test.example>
S: 250 2.1.5 Ok
X: BDAT 10\r\nabc: d\nef\n
S: 550 5.5.2 mx.test.example Error: bare <LF> received
C: RCPT TO:<joe@test.example>
S: 503 5.5.1 Error: need MAIL command
C: BDAT x
S: 521 5.5.4 Syntax: BDAT count [LAST]
S: <EOF>
L: warning: 4bQ1: BDAT request from unknown[192.0.2.1] exceeds message size limit
L: warning: 4bQ3: null BDAT request from unknown[192.0.2.1]
L: 4bQ4: reject: BDAT content from unknown[192.0.2.1]: bare <LF> received; from=<a@b.example> to=<joe@test.example> proto=ESMTP helo=<client.example>
L: warning: NOQUEUE: malformed BDAT command syntax from unknown[192.0.2.1]: BDAT x
