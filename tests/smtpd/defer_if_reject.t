# It turns a refusal of its own list, and no other, into a delay.
conf: smtpd_client_restrictions = defer_if_reject
conf: smtpd_sender_restrictions = check_sender_access inline:{ {x@b.example = REJECT} }
conf: smtpd_recipient_restrictions = defer_if_reject, check_recipient_access inline:{ {jane@test.example = REJECT} }
S: 220 *
C: EHLO client.example
S- 250 *
C: MAIL FROM:<x@b.example>
S: 250 *
C: RCPT TO:<joe@test.example>
S: 554 5.7.1 <x@b.example>: Sender address rejected: Access denied
C: RSET
S: 250 *
C: MAIL FROM:<a@b.example>
S: 250 *
C: RCPT TO:<joe@test.example>
S: 250 *
C: RCPT TO:<jane@test.example>
S: 450 4.7.0 <jane@test.example>: Recipient address rejected: defer_if_reject requested
