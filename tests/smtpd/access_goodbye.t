# 421 and 521 end the session.
conf: smtpd_client_restrictions = check_client_access inline:{ {192.0.2 = 521 5.7.1} }
S: 220 *
C: EHLO client.example
S- 250 *
C: MAIL FROM:<a@b.example>
S: 250 *
C: RCPT TO:<joe@test.example>
S: 521 5.7.1 <unknown[192.0.2.1]>: Client host rejected: Access denied
S: <EOF>
