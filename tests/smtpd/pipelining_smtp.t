# Who says HELO has not been told that pipelining is on offer.
S: 220 *
C: HELO client.example
S: 250 mx.test.example
X: MAIL FROM:<a@b.example>\r\nRCPT TO:<joe@test.example>\r\n
S: 554 5.5.0 Error: SMTP protocol synchronization
S: <EOF>
L: improper command pipelining after MAIL from unknown[192.0.2.1]: RCPT TO:<joe@test.example>\r\n
