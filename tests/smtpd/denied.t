# smtpd_delay_reject = no: a client that is refused at once, and may only leave.
conf: smtpd_delay_reject = no
conf: smtpd_client_restrictions = permit_mynetworks, reject
S: 554 5.7.1 <unknown[192.0.2.1]>: Client host rejected: Access denied
C: EHLO client.example
S: 503 5.7.0 Error: access denied for unknown[192.0.2.1]
C: MAIL FROM:<a@b.example>
S: 503 5.7.0 Error: access denied for unknown[192.0.2.1]
X: BDAT 3\r\n
S: 503 5.7.0 Error: access denied for unknown[192.0.2.1]
C: QUIT
S: 221 2.0.0 Bye
S: <EOF>
L: NOQUEUE: reject: CONNECT from unknown[192.0.2.1]: 554 5.7.1 <unknown[192.0.2.1]>: Client host rejected: Access denied; proto=SMTP
L: disconnect from unknown[192.0.2.1] ehlo=0/1 mail=0/1 bdat=0/1 quit=1 commands=1/4
