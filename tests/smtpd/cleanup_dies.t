# It goes away before the answer: nothing was promised.
cleanup: mute
S: 220 *
C: EHLO client.example
S- 250 *
C: MAIL FROM:<a@b.example>
S: 250 2.1.0 Ok
C: RCPT TO:<joe@test.example>
S: 250 2.1.5 Ok
C: DATA
S: 354 *
C: .
S: 451 4.3.0 Error: queue file write error
C: QUIT
S: 221 *
L: warning: 4bQ1: cleanup: lost connection
