# Text before DATA is answered: nobody knows yet whether it is text.
S: 220 *
C: EHLO client.example
S- 250-PIPELINING
X: MAIL FROM:<a@b.example>\r\nRCPT TO:<joe@test.example>\r\nDATA\r\nfoo\r\n\t\\.\r\n
S: 250 2.1.0 Ok
S: 250 2.1.5 Ok
S: 554 5.5.0 Error: SMTP protocol synchronization
S: <EOF>
L: improper command pipelining after DATA from unknown[192.0.2.1]: foo\r\n\011\134.\r\n
L: disconnect from unknown[192.0.2.1] ehlo=1 mail=1 rcpt=1 data=0/1 commands=3/4
