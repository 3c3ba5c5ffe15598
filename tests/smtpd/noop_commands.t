# smtpd_noop_commands wins over everything.
conf: smtpd_noop_commands = FOO, mail
S: 220 *
C: foo bar
S: 250 2.0.0 Ok
C: MAIL FROM:<a@b.example>
S: 250 2.0.0 Ok
C: RCPT TO:<joe@test.example>
S: 503 5.5.1 Error: need MAIL command
C: QUIT
S: 221 2.0.0 Bye
L: disconnect from unknown[192.0.2.1] rcpt=0/1 quit=1 commands=1/2
