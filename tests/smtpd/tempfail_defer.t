# The same at once.
conf: unknown_address_tempfail_action = defer
conf: smtpd_recipient_restrictions = reject_unknown_sender_domain, reject
dns: broken.example MX servfail
S: 220 *
C: EHLO client.example
S- 250 *
C: MAIL FROM:<x@broken.example>
S: 250 *
C: RCPT TO:<joe@test.example>
S: 450 4.1.8 <x@broken.example>: Sender address rejected: Domain not found
