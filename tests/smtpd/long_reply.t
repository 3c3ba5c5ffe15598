# A line_length_limit that allows more than a reply can hold.
conf: line_length_limit = 20000
S: 220 *
C: EHLO client.example
S- 250 *
X: MAIL FROM:<a@b.example> {15000*x}\r\n
S: 555 5.5.4 Unsupported option: xxx*
X: EHLO {15000*y}\r\n
S- 250 *
C: MAIL FROM:<a@b.example>
S: 250 *
C: RCPT TO:<x@far.example>
S: 454 *
L: NOQUEUE: reject: RCPT from unknown[192.0.2.1]: 454 4.7.1 <x@far.example>: Relay access denied; from=<a@b.example> to=<x@far.example>*
