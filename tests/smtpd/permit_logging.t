# smtpd_log_access_permit_actions.
conf: smtpd_log_access_permit_actions = permit_mynetworks
peer: 127.0.0.1
S: 220 *
C: EHLO client.example
S- 250 *
C: MAIL FROM:<a@b.example>
S: 250 *
C: RCPT TO:<joe@test.example>
S: 250 *
L: NOQUEUE: permit: RCPT from unknown[127.0.0.1]: action=permit_mynetworks for Recipient address=joe@test.example ; from=<a@b.example> to=<joe@test.example> proto=ESMTP helo=<client.example>
