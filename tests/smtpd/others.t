# Commands that move no mail, and those that are not on offer.
conf: smtpd_hard_error_limit = 100
S: 220 *
C: EHLO client.example
S- 250 *
C: NOOP x y
S: 250 2.0.0 Ok
C: HELP
S: 214 2.0.0 Commands: HELO EHLO MAIL RCPT DATA BDAT RSET NOOP VRFY HELP QUIT
C: HELP me
S: 214 2.0.0 Commands:*
C: RSET x
S: 501 5.5.4 Syntax: RSET
C: VRFY
S: 501 5.5.4 Syntax: VRFY address
C: VRFY joe
S: 252 2.0.0 joe
C: VRFY <joe@test.example>
S: 252 2.0.0 joe@test.example
C: VRFY nobody@test.example
S: 550 5.1.1 <nobody@test.example>: Recipient address rejected: User unknown in local recipient table
C: VRFY x@far.example
S: 454 4.7.1 <x@far.example>: Relay access denied
C: VRFY x y
S: 501 5.1.3 Bad recipient address syntax
C: EXPN list
S: 502 5.5.1 Error: command not implemented
C: STARTTLS
S: 502 5.5.1 Error: command not implemented
C: AUTH PLAIN AGEAYg==
S: 503 5.5.1 Error: authentication not enabled
C: XCLIENT NAME=x
S: 550 5.7.0 Error: insufficient authorization
C: XFORWARD NAME=x
S: 550 5.7.0 Error: insufficient authorization
C: ETRN
S: 500 Syntax: ETRN domain
C: ETRN te..st
S: 501 Error: invalid parameter syntax
C: ETRN @test.example
S: 459 <test.example>: service unavailable
C: MAIL FROM:<a@b.example>
S: 250 2.1.0 Ok
C: ETRN test.example
S: 503 Error: MAIL transaction in progress
C: FOO
S: 500 5.5.2 Error: command not recognized
X: \r\n
S: 500 5.5.2 Error: bad syntax
X: \t\r\n
S: 500 5.5.2 Error: bad syntax
X: \xe4 x\r\n
S: 500 5.5.2 Error: bad UTF-8 syntax
X:  \t quit  now\r\n
S: 221 2.0.0 Bye
S: <EOF>
L: NOQUEUE: reject: VRFY from unknown[192.0.2.1]: 550 5.1.1 <nobody@test.example>: Recipient address rejected: User unknown in local recipient table; to=<nobody@test.example> proto=ESMTP helo=<client.example>
L: warning: reject: ETRN test.example... from unknown[192.0.2.1]
L: disconnect from unknown[192.0.2.1] ehlo=1 xclient=0/1 xforward=0/1 starttls=0/1 auth=0/1 mail=1 rset=0/1 noop=1 vrfy=2/6 expn=0/1 etrn=0/4 help=2 quit=1 unknown=0/1 commands=8/23
