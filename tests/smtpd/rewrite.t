# local_header_rewrite_clients: for those cleanup completes headers.
conf: local_header_rewrite_clients = permit_mynetworks, check_address_map inline:{192.0.2=x}
S: 220 *
C: EHLO client.example
S- 250 *
C: MAIL FROM:<a@b.example>
S: 250 *
C: RCPT TO:<joe@test.example>
S: 250 *
C: DATA
S: 354 *
C: .
S: 250 *
Q: cleanup_mail sender=a@b.example rewrite=yes *
