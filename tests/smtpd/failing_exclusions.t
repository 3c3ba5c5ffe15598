# Whether bare line feeds of this client are text cannot be told: no message of it is taken.
conf: mynetworks = 127.0.0.5
conf: smtpd_forbid_bare_newline_exclusions = fail:exclusions
peer: 127.0.0.5
S: 220 *
C: EHLO client.example
S- 250 *
C: VRFY joe@test.example
S: 252 *
C: MAIL FROM:<a@b.example>
S: 451 4.3.0 Error: temporary lookup failure
L: warning: smtpd_forbid_bare_newline_exclusions: fail:exclusions: *
