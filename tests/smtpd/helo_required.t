# smtpd_helo_required.
conf: smtpd_helo_required = yes
S: 220 *
C: MAIL FROM:<a@b.example>
S: 503 5.5.1 Error: send HELO/EHLO first
C: ETRN x
S: 503 5.5.1 Error: send HELO/EHLO first
C: RCPT TO:<joe@test.example>
S: 503 5.5.1 Error: need MAIL command
C: HELO x
S: 250 mx.test.example
C: MAIL FROM:<a@b.example>
S: 250 2.1.0 Ok
