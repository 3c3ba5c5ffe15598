# With smtpd_forbid_unauth_pipelining = no it is noted, once, and reject_unauth_pipelining knows.
conf: smtpd_forbid_unauth_pipelining = no
conf: smtpd_recipient_restrictions = reject_unauth_pipelining
S: 220 *
X: EHLO client.example\r\nNOOP\r\nNOOP\r\n
S- 250 *
S: 250 2.0.0 Ok
S: 250 2.0.0 Ok
C: MAIL FROM:<a@b.example>
S: 250 2.1.0 Ok
C: RCPT TO:<joe@test.example>
S: 503 5.5.0 <joe@test.example>: Recipient address rejected: Improper use of SMTP command pipelining
L: improper command pipelining after EHLO from unknown[192.0.2.1]: NOOP\r\nNOOP\r\n
