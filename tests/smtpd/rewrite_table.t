# local_header_rewrite_clients: a table lists clients; what it says of them is of no account.
conf: local_header_rewrite_clients = static:all
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
