# It cannot store, and says why at the end.
cleanup: no-id; done 452 4.3.1 the disk is full
S: 220 *
C: EHLO client.example
S- 250 *
C: MAIL FROM:<a@b.example>
S: 250 2.1.0 Ok
C: RCPT TO:<joe@test.example>
S: 250 2.1.5 Ok
C: RCPT TO:<nobody@test.example>
S: 550 *
X: BDAT 3 LAST\r\nabc
S: 452 4.3.1 the disk is full
L: NOQUEUE: reject: RCPT from *
