# Whether there is such a recipient cannot be told.
conf: mydestination = test.example
conf: local_recipient_maps = fail:local
conf: virtual_mailbox_domains = virtual.example
conf: virtual_mailbox_maps = fail:virtual
conf: relay_domains = relay.example
conf: relay_recipient_maps = fail:relay
conf: virtual_alias_domains = alias.example
conf: virtual_alias_maps = pipemap:{inline:{joe@alias.example=x},fail:alias}
S: 220 *
C: EHLO client.example
S- 250 *
C: MAIL FROM:<a@b.example>
S: 250 *
C: RCPT TO:<joe@test.example>
S: 451 *
C: RCPT TO:<joe@virtual.example>
S: 451 *
C: RCPT TO:<joe@relay.example>
S: 451 *
C: RCPT TO:<joe@alias.example>
S: 451 *
C: RCPT TO:<jane@alias.example>
S: 550 5.1.1 *
