# Access tables that fail: each command that they decide is put off, never taken and never refused for good.
conf: smtpd_client_restrictions = check_client_access inline:{192.0.2.9=OK}
conf: smtpd_sender_restrictions = check_sender_access pipemap:{inline:{s@b.example=x},fail:sender}
conf: smtpd_recipient_restrictions = check_recipient_access pipemap:{inline:{joe@test.example=x},fail:recipient}, check_sender_access pcre:{{/^(a+)+$$/ REJECT}}, reject_unauth_destination
conf: smtpd_data_restrictions = check_sender_access pipemap:{inline:{d@b.example=x},fail:data}
conf: smtpd_end_of_data_restrictions = check_sender_access pipemap:{inline:{e@b.example=x},fail:end}
conf: smtpd_etrn_restrictions = check_etrn_access fail:etrn
S: 220 *
C: EHLO client.example
S- 250 *
C: ETRN test.example
S: 451 4.3.5 *Server configuration error
C: MAIL FROM:<s@b.example>
S: 250 *
C: RCPT TO:<jane@test.example>
S: 451 4.3.5 *Server configuration error
C: RSET
S: 250 *
C: MAIL FROM:<a@b.example>
S: 250 *
C: RCPT TO:<joe@test.example>
S: 451 4.3.5 *Server configuration error
C: RCPT TO:<jane@test.example>
S: 250 *
C: RSET
S: 250 *
C: MAIL FROM:<aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa@b.example>
S: 250 *
C: RCPT TO:<jane@test.example>
S: 451 4.3.5 *Server configuration error
C: RSET
S: 250 *
C: MAIL FROM:<d@b.example>
S: 250 *
C: RCPT TO:<jane@test.example>
S: 250 *
C: DATA
S: 451 4.3.5 *Server configuration error
C: RSET
S: 250 *
C: MAIL FROM:<e@b.example>
S: 250 *
C: RCPT TO:<jane@test.example>
S: 250 *
C: DATA
S: 354 *
C: .
S: 451 4.3.5 *Server configuration error
L: warning: access table fail:etrn: *
L: warning: access table pipemap:*sender}: fail:sender: *
L: warning: access table pipemap:*recipient}: fail:recipient: *
L: warning: access table pcre:*, line 1: match limit exceeded*
L: warning: access table pipemap:*data}: fail:data: *
L: warning: access table pipemap:*end}: fail:end: *
