# resolve_numeric_domain, resolve_null_domain
conf: resolve_numeric_domain = yes
conf: resolve_null_domain = yes
S: 220 *
C: EHLO foo
S- 250 *
C: MAIL FROM:<a@192.0.2.1> SIZE=100
S: 250 2.1.0 Ok
C: RCPT TO:<joe@1.2.3>
S: 501 5.1.3 Bad recipient address syntax
C: RCPT TO:<joe@192.0.2.9>
S: 454 4.7.1 <joe@192.0.2.9>: Relay access denied
C: RCPT TO:<nobody@>
S: 550 5.1.1 <nobody@*>: Recipient address rejected: User unknown in local recipient table
C: RCPT TO:<joe@>
S: 250 2.1.5 Ok
C: QUIT
S: 221 *
