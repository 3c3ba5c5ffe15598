# Tables in mynetworks: of addresses, of names; braces keep their blanks, and "!" makes an exception.
conf: mynetworks = 127.0.0.1 !inline:{ {127.0.0.5 = no}, 127.0.0.6=x } inline:{127.0.0.4=x} 127.0.0.0/24
conf: smtpd_relay_restrictions = permit_mynetworks, reject
peer: 127.0.0.5
S: 220 *
C: EHLO client.example
S- 250 *
C: MAIL FROM:<a@b.example>
S: 250 2.1.0 Ok
C: RCPT TO:<x@far.example>
S: 554 5.7.1 <x@far.example>: Recipient address rejected: Access denied
