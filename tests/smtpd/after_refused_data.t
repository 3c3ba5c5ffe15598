# V-06 at DATA and at the first BDAT.
conf: smtpd_data_restrictions = reject_multi_recipient_bounce
S: 220 *
C: EHLO client.example
S- 250 *
C: MAIL FROM:<>
S: 250 2.1.0 Ok
C: RCPT TO:<joe@test.example>
S: 250 2.1.5 Ok
C: RCPT TO:<jane@test.example>
S: 250 2.1.5 Ok
C: DATA
S: 550 5.5.3 <DATA>: Data command rejected: Multi-recipient bounce
C: RCPT TO:<joe@test.example>
S: 503 5.5.1 Error: need MAIL command
C: DATA
S: 503 5.5.1 Error: need RCPT command
C: MAIL FROM:<>
S: 250 2.1.0 Ok
C: RCPT TO:<joe@test.example>
S: 250 2.1.5 Ok
C: RCPT TO:<jane@test.example>
S: 250 2.1.5 Ok
X: BDAT 1 LAST\r\nx
S: 550 5.5.3 <DATA>: Data command rejected: Multi-recipient bounce
C: DATA
S: 503 5.5.1 Error: need RCPT command
C: MAIL FROM:<>
S: 250 2.1.0 Ok
C: RCPT TO:<joe@test.example>
S: 250 2.1.5 Ok
X: BDAT 1 LAST\r\nx
S: 250 2.0.0 Ok: 1 bytes queued as 4bQ3
L: 4bQ1: reject: DATA from unknown[192.0.2.1]: 550 5.5.3 <DATA>: Data command rejected: Multi-recipient bounce; from=<> proto=ESMTP helo=<client.example>
