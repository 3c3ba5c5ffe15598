# MAIL: syntax, and parameters.
conf: message_size_limit = 1000000
conf: smtpd_hard_error_limit = 100
S: 220 *
C: EHLO client.example
S- 250-SIZE 1000000
C: MAIL
S: 501 5.5.4 Syntax: MAIL FROM:<address>
C: MAIL FROM
S: 501 5.5.4 Syntax: MAIL FROM:<address>
C: MAIL FROM:
S: 501 5.5.4 Syntax: MAIL FROM:<address>
C: MAIL TO:<a@b.example>
S: 501 5.5.4 Syntax: MAIL FROM:<address>
C: MAIL FROM:<
S: 501 5.1.7 Bad sender address syntax
C: MAIL FROM:<a b@b.example>
S: 501 5.1.7 Bad sender address syntax
C: MAIL FROM:<a@b.example>x
S: 501 5.1.7 Bad sender address syntax
C: MAIL FROM:<a@b.example>SIZE=3
S: 501 5.1.7 Bad sender address syntax
C: MAIL FROM:<{x@b.example>, <y@b.example>
S: 501 5.1.7 Bad sender address syntax
C: mail from: <a@b.example>
S: 250 2.1.0 Ok
C: RSET
S: 250 2.0.0 Ok
C: MAIL FROM:a@b.example
S: 250 2.1.0 Ok
C: RSET
S: 250 2.0.0 Ok
C: MAIL FROM:<a@b.example> SIZE=1000001
S: 552 5.3.4 Message size exceeds fixed limit
C: MAIL FROM:<a@b.example> SIZE=99999999999999999999
S: 501 5.5.4 Bad message size syntax
C: MAIL FROM:<a@b.example> SIZE=-1
S: 501 5.5.4 Bad message size syntax
C: MAIL FROM:<a@b.example> SIZE
S: 501 5.5.4 Bad message size syntax
C: MAIL FROM:<a@b.example> BODY=9BIT
S: 555 5.5.4 Unsupported option: BODY=9BIT
C: MAIL FROM:<a@b.example> AUTH=<>
S: 555 5.5.4 Unsupported option: AUTH=<>
C: MAIL FROM:<a@b.example> SMTPUTF8
S: 555 5.5.4 Unsupported option: SMTPUTF8
C: MAIL FROM:<a@b.example> XVERP
S: 555 5.5.4 Unsupported option: XVERP
C: MAIL FROM:<a@b.example> RET=X
S: 501 5.5.4 Bad RET parameter syntax
C: MAIL FROM:<a@b.example> RET=FULL RET=HDRS
S: 501 5.5.4 Bad RET parameter syntax
C: MAIL FROM:<a@b.example> ENVID=a+ZZ
S: 501 5.5.4 Bad ENVID parameter syntax
C: MAIL FROM:<a@b.example> ENVID=a+0Ab
S: 501 5.5.4 Bad ENVID parameter syntax
C: MAIL FROM:<a@b.example> ENVID=a+00b
S: 501 5.5.4 Bad ENVID parameter syntax
C: MAIL FROM:<a@b.example> ENVID=a ENVID=b
S: 501 5.5.4 Bad ENVID parameter syntax
# None of these has begun a transaction.
C: RCPT TO:<joe@test.example>
S: 503 5.5.1 Error: need MAIL command
C: MAIL FROM:<a@b.example> size=1000 body=8bitmime ret=hdrs envid=x+3Dy
S: 250 2.1.0 Ok
C: RCPT TO:<joe@test.example>
S: 250 2.1.5 Ok
C: DATA
S: 354 *
C: .
S: 250 *
Q: cleanup_mail sender=a@b.example ret=HDRS envid=x=y body=8BITMIME size_hint=1000 *
C: <EOF>
S: <EOF>
L: warning: Illegal address syntax from unknown[192.0.2.1] in MAIL command: <a b@b.example>
L: lost connection after END-OF-MESSAGE from unknown[192.0.2.1]
L: disconnect from *
