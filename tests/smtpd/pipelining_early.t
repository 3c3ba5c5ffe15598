# V-08: a client that does not wait for anything.
S: 220 *
X: EHLO client.example\r\nMAIL FROM:<a@b.example>\r\n
S: 554 5.5.0 Error: SMTP protocol synchronization
S: <EOF>
L: improper command pipelining after EHLO from unknown[192.0.2.1]: MAIL FROM:<a@b.example>\r\n
