# Whether the client is trusted cannot be told: who stands before the table is, for others it is to be tried again.
conf: mynetworks = 127.0.0.1 fail:networks 127.0.0.0/8
conf: smtpd_forbid_bare_newline_exclusions =
peer: 127.0.0.5
S: 220 *
C: EHLO client.example
S- 250 *
C: MAIL FROM:<a@b.example>
S: 250 2.1.0 Ok
C: RCPT TO:<x@far.example>
S: 451 4.3.0 <x@far.example>: Temporary lookup failure
C: RCPT TO:<joe@test.example>
S: 451 4.3.0 <joe@test.example>: Temporary lookup failure
L: warning: * mynetworks: fail:networks: *
