# smtpd_delay_reject = yes: client and HELO are refused at RCPT; without HELO its list is not asked.
conf: smtpd_helo_restrictions = reject
S: 220 *
C: MAIL FROM:<a@b.example>
S: 250 *
C: RCPT TO:<joe@test.example>
S: 250 *
C: EHLO client.example
S- 250 *
C: MAIL FROM:<a@b.example>
S: 250 *
C: RCPT TO:<joe@test.example>
S: 554 5.7.1 <client.example>: Helo command rejected: Access denied
# A bare postmaster must get through (RFC 5321 4.5.1).
C: RCPT TO:<postmaster>
S: 250 *
