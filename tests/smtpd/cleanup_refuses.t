# What cleanup says at the end is what the client hears.
cleanup: done 451 4.3.1 Insufficient system storage
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
S: 451 4.3.1 Insufficient system storage
C: RCPT TO:<joe@test.example>
S: 503 5.5.1 Error: need MAIL command
C: QUIT
S: 221 *
L: disconnect from unknown[192.0.2.1] ehlo=1 mail=1 rcpt=1/2 data=0/1 quit=1 commands=4/6
