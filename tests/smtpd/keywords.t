# What the administrator does not offer.
conf: smtpd_discard_ehlo_keywords = chunking, DSN pipelining, starttls
conf: disable_vrfy_command = yes
conf: message_size_limit = 0
S: 220 *
C: EHLO client.example
S: 250-mx.test.example
S: 250-SIZE
S: 250-ENHANCEDSTATUSCODES
S: 250 8BITMIME
C: VRFY joe
S: 502 5.5.1 VRFY command is disabled
C: MAIL FROM:<a@b.example> RET=FULL
S: 501 5.7.1 DSN support is disabled
C: MAIL FROM:<a@b.example> ENVID=x
S: 501 5.7.1 DSN support is disabled
C: MAIL FROM:<a@b.example> SIZE=100000000
S: 250 2.1.0 Ok
C: RCPT TO:<joe@test.example> NOTIFY=NEVER
S: 501 5.7.1 DSN support is disabled
C: BDAT 3
S: 521 5.5.1 Error: command not implemented
S: <EOF>
