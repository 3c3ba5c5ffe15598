# smtpd_delay_reject = no: HELO and MAIL are refused when they come.
conf: smtpd_delay_reject = no
conf: smtpd_helo_restrictions = check_helo_access inline:{ {bad.example = REJECT} }
conf: smtpd_sender_restrictions = check_sender_access inline:{ {b.example = DEFER} }
S: 220 *
C: EHLO sub.bad.example
S: 554 5.7.1 <sub.bad.example>: Helo command rejected: Access denied
C: EHLO good.example
S- 250 *
C: MAIL FROM:<a@b.example>
S: 450 4.7.1 <a@b.example>: Sender address rejected: Access denied
C: RCPT TO:<joe@test.example>
S: 503 5.5.1 Error: need MAIL command
C: MAIL FROM:<a@c.example>
S: 250 2.1.0 Ok
C: RCPT TO:<joe@test.example>
S: 250 2.1.5 Ok
L: NOQUEUE: reject: EHLO from unknown[192.0.2.1]: 554 5.7.1 <sub.bad.example>: Helo command rejected: Access denied; proto=SMTP helo=<sub.bad.example>
L: NOQUEUE: reject: MAIL from unknown[192.0.2.1]: 450 4.7.1 <a@b.example>: Sender address rejected: Access denied; from=<a@b.example> proto=ESMTP helo=<good.example>
