# No room for a message of the largest size: none is begun.
conf: queue_minfree = 9000000000000000000
S: 220 *
C: EHLO client.example
S- 250 *
C: MAIL FROM:<a@b.example>
S: 452 4.3.1 Insufficient system storage
C: RCPT TO:<joe@test.example>
S: 503 5.5.1 Error: need MAIL command
L: warning: not enough free space in mail queue: * bytes < 1.5*message size limit
L: NOQUEUE: reject: MAIL from unknown[192.0.2.1]: 452 4.3.1 Insufficient system storage; proto=ESMTP helo=<client.example>
