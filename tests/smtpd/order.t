# A message the ordinary way, and commands out of order that do no harm.
S: 220 mx.test.example ESMTP Sallyport
C: RCPT TO:<joe@test.example>
S: 503 5.5.1 Error: need MAIL command
C: DATA
S: 503 5.5.1 Error: need RCPT command
C: EHLO client.example
S- 250-mx.test.example
S- 250-PIPELINING
S- 250 CHUNKING
C: MAIL FROM:<a@b.example>
S: 250 2.1.0 Ok
C: DATA
S: 554 5.5.1 Error: no valid recipients
C: MAIL FROM:<a@b.example>
S: 503 5.5.1 Error: nested MAIL command
C: RCPT TO:<joe@test.example>
S: 250 2.1.5 Ok
C: DATA
S: 354 End data with <CR><LF>.<CR><LF>
C: Subject: x
C:
C: ..hello
C: .
S: 250 2.0.0 Ok: queued as 4bQ1
Q: cleanup_mail sender=a@b.example client_name=unknown client_addr=192.0.2.1 client_helo=client.example protocol=ESMTP service=smtpd received_by=ESMTP
Q: cleanup_rcpt address=joe@test.example
Q: cleanup_content
Q: content 22 octets in * chunks: Subject: x\r\n\r\n.hello\r\n
Q: cleanup_commit
C: DATA
S: 503 5.5.1 Error: need RCPT command
C: QUIT
S: 221 2.0.0 Bye
S: <EOF>
L: connect from unknown[192.0.2.1]
L: 4bQ1: client=unknown[192.0.2.1]
L: disconnect from unknown[192.0.2.1] ehlo=1 mail=1/2 rcpt=1/2 data=1/4 quit=1 commands=5/10
