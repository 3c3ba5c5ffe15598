# Names that are none.
conf: smtpd_recipient_restrictions = warn_if_reject reject_invalid_helo_hostname, warn_if_reject reject_non_fqdn_helo_hostname
conf: smtpd_log_access_permit_actions = static:all
S: 220 *
C: EHLO !x.example
S- 250 *
C: MAIL FROM:<>
S: 250 *
C: RCPT TO:<joe@test.example>
S: 250 *
L: *: 501 5.5.2 <!x.example>: Helo command rejected: Invalid name; *
L: *: 504 5.5.2 <!x.example>: Helo command rejected: need fully-qualified hostname; *
C: EHLO -x.example
S- 250 *
C: MAIL FROM:<>
S: 250 *
C: RCPT TO:<joe@test.example>
S: 250 *
L: *: 501 5.5.2 <-x.example>: Helo command rejected: Invalid name; *
C: EHLO a..example
S- 250 *
C: MAIL FROM:<>
S: 250 *
C: RCPT TO:<joe@test.example>
S: 250 *
L: *: 501 5.5.2 <a..example>: Helo command rejected: Invalid name; *
C: EHLO [192.0.2
S- 250 *
C: MAIL FROM:<>
S: 250 *
C: RCPT TO:<joe@test.example>
S: 250 *
L: *: 501 5.5.2 <[192.0.2>: Helo command rejected: invalid ip address; *
C: EHLO 192.0.2.1
S- 250 *
C: MAIL FROM:<>
S: 250 *
C: RCPT TO:<joe@test.example>
S: 250 *
L: *: 504 5.5.2 <192.0.2.1>: Helo command rejected: need fully-qualified hostname; *
C: EHLO a_b.example
S- 250 *
C: MAIL FROM:<>
S: 250 *
C: RCPT TO:<joe@test.example>
S: 250 *
C: EHLO [IPv6:2001:db8::1]
S- 250 *
C: MAIL FROM:<>
S: 250 *
C: RCPT TO:<joe@test.example>
S: 250 *
C: QUIT
S: 221 *
L! *: 50* <a_b.example>*
L! *: 50* <[IPv6:2001:db8::1]>*
L! *: 501 * <192.0.2.1>*
