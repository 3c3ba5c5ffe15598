# HELO and EHLO: who says them, with what, and when.
S: 220 mx.test.example ESMTP Sallyport
C: HELO
S: 501 Syntax: HELO hostname
C: EHLO
S: 501 Syntax: EHLO hostname
C: HELO client.example
S: 250 mx.test.example
C: EHLO client.example
S: 250-mx.test.example
S: 250-PIPELINING
S: 250-SIZE 10240000
S: 250-VRFY
S: 250-ENHANCEDSTATUSCODES
S: 250-8BITMIME
S: 250-DSN
S: 250 CHUNKING
C: MAIL FROM:<a@b.example>
S: 250 2.1.0 Ok
# A bad EHLO changes nothing, a good one begins anew.
C: EHLO
S: 501 Syntax: EHLO hostname
C: RCPT TO:<joe@test.example>
S: 250 2.1.5 Ok
C: EHLO [192.0.2.1]
S- 250-mx.test.example
C: RCPT TO:<joe@test.example>
S: 503 5.5.1 Error: need MAIL command
# What might be taken for something else in a header or a log line is not kept.
C: HELO a b(c)<d>"e";@\f
S: 250 mx.test.example
C: MAIL FROM:<>
S: 250 2.1.0 Ok
C: RCPT TO:<joe@test.example>
S: 250 2.1.5 Ok
C: DATA
S: 354 End data with <CR><LF>.<CR><LF>
C: .
S: 250 2.0.0 Ok: queued as 4bQ1
C: QUIT
S: 221 2.0.0 Bye
Q: cleanup_mail sender= client_name=unknown client_addr=192.0.2.1 client_helo=a?b?c??d??e????f protocol=SMTP service=smtpd received_by=SMTP
Q: cleanup_rcpt address=joe@test.example
Q: cleanup_content
Q: content 0 octets in 0 chunks:*
Q: cleanup_commit
L: disconnect from unknown[192.0.2.1] helo=2/3 ehlo=2/4 mail=2 rcpt=2/3 data=1 quit=1 commands=10/14
