# A name that does not lead back is no name, but the reverse one is known.
conf: smtpd_peername_lookup = yes
conf: smtpd_recipient_restrictions = reject_unknown_reverse_client_hostname, reject_unknown_client_hostname
dns: 1.2.0.192.in-addr.arpa PTR mx.test.example
dns: mx.test.example A 127.0.0.1
S: 220 *
C: EHLO client.example
S- 250 *
C: MAIL FROM:<>
S: 250 *
C: RCPT TO:<joe@test.example>
S: 450 4.7.25 Client host rejected: cannot find your hostname, [192.0.2.1]
L: warning: hostname mx.test.example does not resolve to address 192.0.2.1
L: connect from unknown[192.0.2.1]
