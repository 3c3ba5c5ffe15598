# Who is in a table of mynetworks may relay.
conf: mynetworks = inline:{ {192.0.2.1 = x}, 127.0.0.5=x }
peer: 127.0.0.5
S: 220 *
C: EHLO client.example
S- 250 *
C: MAIL FROM:<a@b.example>
S: 250 2.1.0 Ok
C: RCPT TO:<x@far.example>
S: 250 2.1.5 Ok
