# access(5): what the right-hand sides mean.
conf: smtpd_hard_error_limit = 100
conf: smtpd_recipient_restrictions = check_sender_access inline:{ {a@=REJECT go away} {b@=REJECT} {c@=451 4.7.9 try later} {d@=550 blah} {e@=DEFER} {f@=DEFER x y} {g@=DEFER_IF_PERMIT x} {h@=OK} {i@=DUNNO} {l@=WARN foo} {m@=INFO foo} {s@=550} {v@=5xx} {w@=DEFER_IF_REJECT 4.2.2 later} {far.example=REJECT dom} {y@=reject} {z@=5.7.0 text} {aa@=REJECT 5.9.9 text} {bb@=REJECT 4.9.9 text} {cc@=250 fine} {ff@=reject_unauth_destination, reject} {<>=REJECT no bounces} }, reject
S: 220 *
C: EHLO client.example
S- 250 *
X: MAIL FROM:<a@b.example>\r\nRCPT TO:<joe@test.example>\r\nRSET\r\n
S: 250 *
S: 554 5.7.1 <a@b.example>: Sender address rejected: go away
S: 250 *
X: MAIL FROM:<b@b.example>\r\nRCPT TO:<joe@test.example>\r\nRSET\r\n
S: 250 *
S: 554 5.7.1 <b@b.example>: Sender address rejected: Access denied
S: 250 *
X: MAIL FROM:<c@b.example>\r\nRCPT TO:<joe@test.example>\r\nRSET\r\n
S: 250 *
S: 451 4.7.9 <c@b.example>: Sender address rejected: try later
S: 250 *
X: MAIL FROM:<d@b.example>\r\nRCPT TO:<joe@test.example>\r\nRSET\r\n
S: 250 *
S: 550 5.7.1 <d@b.example>: Sender address rejected: blah
S: 250 *
X: MAIL FROM:<e@b.example>\r\nRCPT TO:<joe@test.example>\r\nRSET\r\n
S: 250 *
S: 450 4.7.1 <e@b.example>: Sender address rejected: Access denied
S: 250 *
X: MAIL FROM:<f@b.example>\r\nRCPT TO:<joe@test.example>\r\nRSET\r\n
S: 250 *
S: 450 4.7.1 <f@b.example>: Sender address rejected: x y
S: 250 *
X: MAIL FROM:<g@b.example>\r\nRCPT TO:<joe@test.example>\r\nRSET\r\n
S: 250 *
S: 554 5.7.1 <joe@test.example>: Recipient address rejected: Access denied
S: 250 *
X: MAIL FROM:<h@b.example>\r\nRCPT TO:<joe@test.example>\r\nRSET\r\n
S: 250 *
S: 250 2.1.5 Ok
S: 250 *
X: MAIL FROM:<i@b.example>\r\nRCPT TO:<joe@test.example>\r\nRSET\r\n
S: 250 *
S: 554 5.7.1 <joe@test.example>: *
S: 250 *
X: MAIL FROM:<l@b.example>\r\nRCPT TO:<joe@test.example>\r\nRSET\r\n
S: 250 *
S: 554 5.7.1 <joe@test.example>: *
S: 250 *
X: MAIL FROM:<m@b.example>\r\nRCPT TO:<joe@test.example>\r\nRSET\r\n
S: 250 *
S: 554 5.7.1 <joe@test.example>: *
S: 250 *
X: MAIL FROM:<s@b.example>\r\nRCPT TO:<joe@test.example>\r\nRSET\r\n
S: 250 *
S: 250 2.1.5 Ok
S: 250 *
X: MAIL FROM:<v@b.example>\r\nRCPT TO:<joe@test.example>\r\nRSET\r\n
S: 250 *
S: 451 4.3.5 Server configuration error
S: 250 *
X: MAIL FROM:<w@b.example>\r\nRCPT TO:<joe@test.example>\r\nRSET\r\n
S: 250 *
S: 450 4.2.2 <w@b.example>: Sender address rejected: later
S: 250 *
X: MAIL FROM:<x@sub.far.example>\r\nRCPT TO:<joe@test.example>\r\nRSET\r\n
S: 250 *
S: 554 5.7.1 <x@sub.far.example>: Sender address rejected: dom
S: 250 *
X: MAIL FROM:<y@b.example>\r\nRCPT TO:<joe@test.example>\r\nRSET\r\n
S: 250 *
S: 554 5.7.1 <y@b.example>: Sender address rejected: Access denied
S: 250 *
X: MAIL FROM:<z@b.example>\r\nRCPT TO:<joe@test.example>\r\nRSET\r\n
S: 250 *
S: 451 4.3.5 Server configuration error
S: 250 *
X: MAIL FROM:<aa@b.example>\r\nRCPT TO:<joe@test.example>\r\nRSET\r\n
S: 250 *
S: 554 5.9.9 <aa@b.example>: Sender address rejected: text
S: 250 *
X: MAIL FROM:<bb@b.example>\r\nRCPT TO:<joe@test.example>\r\nRSET\r\n
S: 250 *
S: 554 5.9.9 <bb@b.example>: Sender address rejected: text
S: 250 *
X: MAIL FROM:<cc@b.example>\r\nRCPT TO:<joe@test.example>\r\nRSET\r\n
S: 250 *
S: 451 4.3.5 Server configuration error
S: 250 *
X: MAIL FROM:<ff@b.example>\r\nRCPT TO:<joe@test.example>\r\nRSET\r\n
S: 250 *
S: 554 5.7.1 <joe@test.example>: Recipient address rejected: Access denied
S: 250 *
X: MAIL FROM:<>\r\nRCPT TO:<joe@test.example>\r\nRSET\r\n
S: 250 *
S: 554 5.7.1 <>: Sender address rejected: no bounces
S: 250 *
L: NOQUEUE: warn: RCPT from unknown[192.0.2.1]: foo; from=<l@b.example> to=<joe@test.example> proto=ESMTP helo=<client.example>
L: NOQUEUE: info: RCPT from unknown[192.0.2.1]: foo; from=<m@b.example> *
L: warning: access table *: unknown restriction "5xx"*
