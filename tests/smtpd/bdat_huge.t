# A chunk that nobody would live to read: the answer comes at once, and the session is over.
S: 220 *
C: EHLO client.example
S- 250 CHUNKING
C: BDAT 9000000000000000000
S: 503 5.5.1 Error: need RCPT command
S: <EOF>
