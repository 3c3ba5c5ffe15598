# A domain that is a number, or missing, is no domain.
S: 220 *
C: EHLO foo
S- 250 *
C: MAIL FROM:<a@192.0.2.1>
S: 501 5.1.7 Bad sender address syntax
C: MAIL FROM:<a@>
S: 501 5.1.7 Bad sender address syntax
C: MAIL FROM:<a@bar.example>
S: 250 2.1.0 Ok
C: RCPT TO:<joe@1.2.3>
S: 501 5.1.3 Bad recipient address syntax
C: RCPT TO:<joe@>
S: 501 5.1.3 Bad recipient address syntax
C: RCPT TO:<joe@test.example.>
S: 250 2.1.5 Ok
C: QUIT
S: 221 *
