# One client does not get to see a keyword.
conf: smtpd_discard_ehlo_keyword_address_maps = inline:{ {192.0.2.1 = chunking, dsn} }
S: 220 *
C: EHLO client.example
S: 250-mx.test.example
S: 250-PIPELINING
S: 250-SIZE 10240000
S: 250-VRFY
S: 250-ENHANCEDSTATUSCODES
S: 250 8BITMIME
L: discarding EHLO keywords: chunking, dsn
