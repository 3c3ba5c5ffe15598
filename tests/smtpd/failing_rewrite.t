# Whether headers of this client are completed is not known: its mail waits.
conf: local_header_rewrite_clients = check_address_map fail:rewrite
S: 220 *
C: EHLO client.example
S- 250 *
C: MAIL FROM:<a@b.example>
S: 250 *
C: RCPT TO:<joe@test.example>
S: 451 4.3.5 *Server configuration error
L: warning: access table fail:rewrite: *
