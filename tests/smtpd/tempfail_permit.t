# A resolver that fails: what would be permitted is put off.
conf: smtpd_recipient_restrictions = reject_unknown_sender_domain, permit
dns: broken.example MX servfail
S: 220 *
C: EHLO client.example
S- 250 *
C: MAIL FROM:<x@broken.example>
S: 250 *
C: RCPT TO:<joe@test.example>
S: 450 4.1.8 <x@broken.example>: Sender address rejected: Domain not found
C: RCPT TO:<nobody@test.example>
S: 550 5.1.1 *
