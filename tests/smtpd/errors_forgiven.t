# A delivered message makes good for what was before.
conf: smtpd_hard_error_limit = 3
conf: smtpd_junk_command_limit = 2
S: 220 *
C: EHLO client.example
S- 250 *
C: foo
S: 500 *
C: foo
S: 500 *
C: NOOP
S: 250 *
C: NOOP
S: 250 *
C: MAIL FROM:<a@b.example>
S: 250 2.1.0 Ok
C: RCPT TO:<joe@test.example>
S: 250 2.1.5 Ok
C: DATA
S: 354 *
C: .
S: 250 2.0.0 Ok: queued as 4bQ1
C: foo
S: 500 *
C: NOOP
S: 250 *
C: RSET
S: 250 *
# From here on each is an error.
C: VRFY joe
S: 252 *
C: HELP
S: 214 *
S: 421 4.7.0 mx.test.example Error: too many errors
S: <EOF>
L: too many errors after HELP from unknown[192.0.2.1]
