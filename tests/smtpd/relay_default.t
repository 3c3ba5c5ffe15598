# Without a word in main.cf relaying is put off, and mynetworks may.
S: 220 *
C: HELO client.example
S: 250 mx.test.example
C: MAIL FROM:<a@b.example>
S: 250 2.1.0 Ok
C: RCPT TO:<x@far.example>
S: 454 4.7.1 <x@far.example>: Relay access denied
L: NOQUEUE: reject: RCPT from unknown[192.0.2.1]: 454 4.7.1 <x@far.example>: Relay access denied; from=<a@b.example> to=<x@far.example> proto=SMTP helo=<client.example>
