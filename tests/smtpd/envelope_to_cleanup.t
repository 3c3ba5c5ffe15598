# What the configuration adds to the envelope.
conf: content_filter = smtp:[127.0.0.1]:10025
conf: receive_override_options = no_address_mappings
S: 220 *
C: HELO client.example
S: 250 *
C: MAIL FROM:<"joe doe"@b.example>
S: 250 *
C: RCPT TO:<joe@test.example>
S: 250 *
C: DATA
S: 354 *
C: .
S: 250 *
Q: cleanup_mail sender="joe doe"@b.example client_name=unknown client_addr=192.0.2.1 client_helo=client.example protocol=SMTP service=smtpd filter=smtp:[127.0.0.1]:10025 received_by=SMTP overrides=no_address_mappings
