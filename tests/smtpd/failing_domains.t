# Whose domain it is cannot be told: neither relayed, nor refused for good.
conf: mydestination = pipemap:{inline:{test.example=x},fail:mydestination}, other.example
conf: relay_domains = pipemap:{inline:{relay.example=x},fail:relay}
S: 220 *
C: EHLO client.example
S- 250 *
C: MAIL FROM:<a@b.example>
S: 250 *
C: RCPT TO:<joe@test.example>
S: 451 *
C: RCPT TO:<joe@relay.example>
S: 451 *
C: RCPT TO:<joe@far.example>
S: 454 4.7.1 *
