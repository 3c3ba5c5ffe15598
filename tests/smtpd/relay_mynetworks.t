# Our own may send anywhere.
peer: 127.0.0.5
S: 220 *
C: EHLO client.example
S- 250 *
C: MAIL FROM:<a@b.example>
S: 250 2.1.0 Ok
C: RCPT TO:<x@far.example>
S: 250 2.1.5 Ok
C: RCPT TO:<nobody@test.example>
S: 550 5.1.1 <nobody@test.example>: Recipient address rejected: User unknown in local recipient table
L: 4bQ1: client=unknown[127.0.0.5]
L: 4bQ1: reject: RCPT from unknown[127.0.0.5]: 550 5.1.1 <nobody@test.example>: Recipient address rejected: User unknown in local recipient table; from=<a@b.example> to=<nobody@test.example> proto=ESMTP helo=<client.example>
