# smtpd_restriction_classes, named in a list and in a table, and one that names itself.
conf: smtpd_restriction_classes = strict, loose, endless
conf: strict = reject_non_fqdn_helo_hostname, reject
conf: loose = permit
conf: endless = check_recipient_access static:endless
conf: smtpd_recipient_restrictions = check_recipient_access inline:{ {joe@test.example = strict} {jane@test.example = loose} {endless@relay.example = endless} {nonsense@relay.example = no_such_thing} {untabled@relay.example = check_sender_access texthash:/nowhere} }, loose, reject
S: 220 *
C: EHLO client.example
S- 250 *
C: MAIL FROM:<a@b.example>
S: 250 *
C: RCPT TO:<joe@test.example>
S: 554 5.7.1 <joe@test.example>: Recipient address rejected: Access denied
C: RCPT TO:<jane@test.example>
S: 250 *
C: RCPT TO:<x@relay.example>
S: 250 *
C: RCPT TO:<endless@relay.example>
S: 451 4.3.5 Server configuration error
C: RCPT TO:<nonsense@relay.example>
S: 451 4.3.5 Server configuration error
C: RCPT TO:<untabled@relay.example>
S: 451 4.3.5 Server configuration error
C: EHLO foo
S- 250 *
C: MAIL FROM:<a@b.example>
S: 250 *
C: RCPT TO:<joe@test.example>
S: 504 5.5.2 <foo>: Helo command rejected: need fully-qualified hostname
L: warning: restriction classes name each other too deeply
L: warning: access table *: unknown restriction "no_such_thing"*
L: warning: access table *: table texthash:/nowhere is in none of the lists of main.cf
