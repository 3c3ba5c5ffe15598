# RCPT: syntax, and parameters.
conf: smtpd_hard_error_limit = 100
S: 220 *
C: EHLO client.example
S- 250 *
C: MAIL FROM:<>
S: 250 2.1.0 Ok
C: RCPT
S: 501 5.5.4 Syntax: RCPT TO:<address>
C: RCPT TO:
S: 501 5.5.4 Syntax: RCPT TO:<address>
C: RCPT FROM:<joe@test.example>
S: 501 5.5.4 Syntax: RCPT TO:<address>
C: RCPT TO:<>
S: 501 5.1.3 Bad recipient address syntax
C: RCPT TO:<joe@test..example>
S: 501 5.1.3 Bad recipient address syntax
C: RCPT TO:<joe@test.example> NOTIFY=FOO
S: 501 5.5.4 Error: Bad NOTIFY parameter syntax
C: RCPT TO:<joe@test.example> NOTIFY=NEVER,SUCCESS
S: 501 5.5.4 Error: Bad NOTIFY parameter syntax
C: RCPT TO:<joe@test.example> NOTIFY=SUCCESS,SUCCESS
S: 501 5.5.4 Error: Bad NOTIFY parameter syntax
C: RCPT TO:<joe@test.example> NOTIFY=
S: 501 5.5.4 Error: Bad NOTIFY parameter syntax
C: RCPT TO:<joe@test.example> ORCPT=foo
S: 501 5.5.4 Error: Bad ORCPT parameter syntax
C: RCPT TO:<joe@test.example> ORCPT=rfc822;x+0D+0Ay
S: 501 5.5.4 Error: Bad ORCPT parameter syntax
C: RCPT TO:<joe@test.example> ORCPT=rfc822;a ORCPT=rfc822;b
S: 501 5.5.4 Error: Bad ORCPT parameter syntax
C: RCPT TO:<joe@test.example> ORCPT=;a
S: 501 5.5.4 Error: Bad ORCPT parameter syntax
C: RCPT TO:<joe@test.example> FOO=x
S: 555 5.5.4 Unsupported option: FOO=x
C: DATA
S: 554 5.5.1 Error: no valid recipients
C: RCPT TO:<joe@test.example> notify=delay,success orcpt=rfc822;Joe+2BX@old.example
S: 250 2.1.5 Ok
C: RCPT TO:<@a.example,@b.example:jane@test.example> NOTIFY=NEVER
S: 250 2.1.5 Ok
C: RCPT TO:<Postmaster>
S: 250 2.1.5 Ok
C: RCPT TO:<joe@[127.0.0.1]>
S: 250 2.1.5 Ok
C: DATA
S: 354 *
C: .
S: 250 2.0.0 *
Q: cleanup_mail *
Q: cleanup_rcpt address=joe@test.example orcpt=rfc822;Joe+X@old.example notify=SUCCESS,DELAY
Q: cleanup_rcpt address=jane@test.example notify=NEVER
Q: cleanup_rcpt address=Postmaster
Q: cleanup_rcpt address=joe@[127.0.0.1]
C: QUIT
S: 221 2.0.0 Bye
