# The route cannot be told.
conf: transport_maps = pipemap:{inline:{joe@test.example=x},fail:transport}
S: 220 *
C: EHLO client.example
S- 250 *
C: MAIL FROM:<a@b.example>
S: 250 *
C: RCPT TO:<joe@test.example>
S: 451 4.3.0 *
C: RCPT TO:<jane@test.example>
S: 250 *
