# It reaches over the lists to their end, and gives way to a refusal.
conf: smtpd_client_restrictions = defer_if_permit
conf: smtpd_recipient_restrictions = permit
S: 220 *
C: EHLO client.example
S- 250 *
C: MAIL FROM:<a@b.example>
S: 250 *
C: RCPT TO:<joe@test.example>
S: 450 4.7.0 <unknown[192.0.2.1]>: Client host rejected: defer_if_permit requested
C: RCPT TO:<nobody@test.example>
S: 550 5.1.1 *
C: ETRN test.example
S: 503 *
C: RSET
S: 250 *
C: ETRN test.example
S: 450 4.7.0 <unknown[192.0.2.1]>: Client host rejected: defer_if_permit requested
