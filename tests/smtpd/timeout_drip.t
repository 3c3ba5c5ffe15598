# smtpd_per_request_deadline: one byte now and then is not enough; the line would have had a second.
conf: smtpd_timeout = 1s
conf: smtpd_per_request_deadline = yes
conf: smtpd_min_data_rate = 1000
S: 220 *
C: EHLO client.example
S- 250 *
C: MAIL FROM:<a@b.example>
S: 250 2.1.0 Ok
C: RCPT TO:<joe@test.example>
S: 250 2.1.5 Ok
X: BDAT 100\r\nabc
S: 421 4.4.2 mx.test.example Error: timeout exceeded
S: <EOF>
L: timeout after BDAT (3 bytes) from unknown[192.0.2.1]
