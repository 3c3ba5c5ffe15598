# What Postfix has and we do not yet: 451 and a line in the log.
conf: smtpd_recipient_restrictions = reject_rbl_client zen.example
S: 220 *
C: EHLO client.example
S- 250 *
C: MAIL FROM:<a@b.example>
S: 250 *
C: RCPT TO:<joe@test.example>
S: 451 4.3.5 Server configuration error
L: warning: restriction reject_rbl_client is not available in this version
L: NOQUEUE: reject: RCPT from unknown[192.0.2.1]: 451 4.3.5 Server configuration error; from=<a@b.example> to=<joe@test.example> proto=ESMTP helo=<client.example>
