# smtpd_recipient_limit: for a while more is no error, as good clients send the rest later.
conf: smtpd_recipient_limit = 2
conf: smtpd_recipient_overshoot_limit = 2
S: 220 *
C: EHLO client.example
S- 250 *
C: MAIL FROM:<a@b.example>
S: 250 2.1.0 Ok
X: {6*RCPT TO:<joe@test.example>\r\n}
S: 250 2.1.5 Ok
S: 250 2.1.5 Ok
S: 452 4.5.3 Error: too many recipients
S: 452 4.5.3 Error: too many recipients
S: 452 4.5.3 Error: too many recipients
S: 452 4.5.3 Error: too many recipients
C: QUIT
S: 221 *
L: disconnect from unknown[192.0.2.1] ehlo=1 mail=1 rcpt=4/6 quit=1 commands=7/9
