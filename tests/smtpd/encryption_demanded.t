# smtpd_tls_security_level = encrypt: as long as nobody can encrypt, nobody can send.
conf: smtpd_tls_security_level = encrypt
S: 220 *
C: EHLO client.example
S- 250 *
C: NOOP
S: 250 *
C: MAIL FROM:<a@b.example>
S: 530 5.7.0 Must issue a STARTTLS command first
C: VRFY joe
S: 530 *
C: STARTTLS
S: 502 *
C: QUIT
S: 221 *
