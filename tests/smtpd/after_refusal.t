# V-06: whatever refuses a message at its end, the next one begins with MAIL.
conf: smtpd_end_of_data_restrictions = reject
conf: smtpd_hard_error_limit = 100
S: 220 *
C: EHLO client.example
S- 250 *
C: MAIL FROM:<a@b.example>
S: 250 2.1.0 Ok
C: RCPT TO:<joe@test.example>
S: 250 2.1.5 Ok
C: DATA
S: 354 *
X: x: y\r\n.\r\n
S: 554 5.7.1 <END-OF-MESSAGE>: End-of-data rejected: Access denied
C: RCPT TO:<joe@test.example>
S: 503 5.5.1 Error: need MAIL command
C: DATA
S: 503 5.5.1 Error: need RCPT command
X: BDAT 1 LAST\r\nx
S: 503 5.5.1 Error: need RCPT command
C: MAIL FROM:<a@b.example>
S: 250 2.1.0 Ok
C: RCPT TO:<joe@test.example>
S: 250 2.1.5 Ok
X: BDAT 1 LAST\r\nx
S: 554 5.7.1 <END-OF-MESSAGE>: End-of-data rejected: Access denied
C: DATA
S: 503 5.5.1 Error: need RCPT command
L: 4bQ1: reject: END-OF-MESSAGE from unknown[192.0.2.1]: 554 5.7.1 <END-OF-MESSAGE>: End-of-data rejected: Access denied; from=<a@b.example> to=<joe@test.example> proto=ESMTP helo=<client.example>
