# Nobody is there to take the mail.
cleanup: absent
S: 220 *
C: EHLO client.example
S- 250 *
C: MAIL FROM:<a@b.example>
S: 250 2.1.0 Ok
C: RCPT TO:<joe@test.example>
S: 451 4.3.0 Error: queue file write error
C: DATA
S: 554 5.5.1 Error: no valid recipients
L: warning: connect to service public/cleanup: No such file or directory
