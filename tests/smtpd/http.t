# V-09: what a web browser was talked into.
S: 220 *
X: POST / HTTP/1.1\r\nHost: mx\r\n\r\nEHLO x\r\nMAIL FROM:<a@b.example>\r\n
S: 221 2.7.0 Error: I can break rules, too. Goodbye.
S: <EOF>
L: warning: non-SMTP command from unknown[192.0.2.1]: POST / HTTP/1.1
L: disconnect from unknown[192.0.2.1] unknown=0/1 commands=0/1
