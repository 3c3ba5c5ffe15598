# What cleanup is to do with a message: told once, at its end.
conf: smtpd_sender_restrictions = check_sender_access inline:{ {a@b.example = HOLD have a look} {b@b.example = DISCARD} {c@b.example = FILTER smtp:x} {d@b.example = REDIRECT q@r.example} {e@b.example = BCC x@y.example} {f@b.example = FILTER nothing} {g@b.example = PREPEND nothing} }
conf: smtpd_recipient_restrictions = check_recipient_access inline:{ {test.example = PREPEND X-One: 1} }, check_client_access static:{PREPEND X-Two: second}
S: 220 *
C: EHLO client.example
S- 250 *
X: MAIL FROM:<a@b.example>\r\nRCPT TO:<joe@test.example>\r\nRCPT TO:<jane@test.example>\r\nBDAT 1 LAST\r\nx
S: 250 *
S: 250 *
S: 250 *
S: 250 2.0.0 Ok: 1 bytes queued as 4bQ1
Q: cleanup_mail *
Q: cleanup_rcpt *
Q: cleanup_rcpt *
Q: cleanup_content
Q: content *
Q: cleanup_edit_hold reason=have a look
Q: cleanup_edit_header_insert index=0 name=X-One value=1
Q: cleanup_edit_header_insert index=1 name=X-Two value=second
Q: cleanup_commit
X: MAIL FROM:<b@b.example>\r\nRCPT TO:<joe@test.example>\r\nBDAT 1 LAST\r\nx
S: 250 *
S: 250 *
S: 250 *
Q: cleanup_mail *
Q: cleanup_rcpt *
Q: cleanup_content
Q: content *
Q: cleanup_edit_discard reason=triggers DISCARD action
Q: cleanup_edit_header_insert *
Q: cleanup_edit_header_insert *
Q: cleanup_commit
X: MAIL FROM:<c@b.example>\r\nRCPT TO:<joe@test.example>\r\nBDAT 1 LAST\r\nx
S: 250 *
S: 250 *
S: 250 *
Q: cleanup_mail *
Q: cleanup_rcpt *
Q: cleanup_content
Q: content *
Q: cleanup_edit_filter destination=smtp:x
Q: cleanup_edit_header_insert *
Q: cleanup_edit_header_insert *
Q: cleanup_commit
X: MAIL FROM:<d@b.example>\r\nRCPT TO:<joe@test.example>\r\nBDAT 1 LAST\r\nx
S: 250 *
S: 250 *
S: 250 *
Q: cleanup_mail *
Q: cleanup_rcpt *
Q: cleanup_content
Q: content *
Q: cleanup_edit_redirect address=q@r.example
Q: cleanup_edit_header_insert *
Q: cleanup_edit_header_insert *
Q: cleanup_commit
X: MAIL FROM:<e@b.example>\r\nRCPT TO:<joe@test.example>\r\nBDAT 1 LAST\r\nx
S: 250 *
S: 250 *
S: 250 *
Q: cleanup_mail *
Q: cleanup_rcpt *
Q: cleanup_content
Q: content *
Q: cleanup_edit_rcpt_add address=x@y.example
Q: cleanup_edit_header_insert *
Q: cleanup_edit_header_insert *
Q: cleanup_commit
C: MAIL FROM:<f@b.example>
S: 250 *
C: RCPT TO:<joe@test.example>
S: 451 4.3.5 Server configuration error
C: RSET
S: 250 *
C: MAIL FROM:<g@b.example>
S: 250 *
C: RCPT TO:<joe@test.example>
S: 451 4.3.5 Server configuration error
L: NOQUEUE: hold: RCPT from unknown[192.0.2.1]: <a@b.example>: Sender address have a look; from=<a@b.example> to=<joe@test.example> proto=ESMTP helo=<client.example>
L: NOQUEUE: discard: RCPT from unknown[192.0.2.1]: <b@b.example>: Sender address triggers DISCARD action; *
L: NOQUEUE: filter: RCPT from unknown[192.0.2.1]: <c@b.example>: Sender address triggers FILTER smtp:x; *
L: NOQUEUE: redirect: RCPT from unknown[192.0.2.1]: <d@b.example>: Sender address triggers REDIRECT q@r.example; *
L: NOQUEUE: bcc: RCPT from unknown[192.0.2.1]: <e@b.example>: Sender address triggers BCC x@y.example; *
