# strict_rfc821_envelopes.
conf: strict_rfc821_envelopes = yes
S: 220 *
C: HELO x
S: 250 mx.test.example
C: MAIL FROM:a@b.example
S: 501 5.1.7 Bad sender address syntax
C: MAIL FROM:joe doe <a@b.example>
S: 501 5.1.7 Bad sender address syntax
C: MAIL FROM:<a@b.example>
S: 250 2.1.0 Ok
C: RCPT TO:joe@test.example
S: 501 5.1.3 Bad recipient address syntax
C: RCPT TO:<joe@test.example>
S: 250 2.1.5 Ok
