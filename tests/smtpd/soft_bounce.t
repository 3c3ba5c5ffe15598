# soft_bounce: no 5xx, neither said nor logged.
conf: soft_bounce = yes
conf: smtpd_relay_restrictions = reject_unauth_destination
S: 220 *
C: HELO x
S: 250 mx.test.example
C: RCPT TO:<joe@test.example>
S: 403 4.5.1 Error: need MAIL command
C: MAIL FROM:<a@b.example>
S: 250 2.1.0 Ok
C: RCPT TO:<x@far.example>
S: 454 4.7.1 <x@far.example>: Relay access denied
C: RCPT TO:<nobody@test.example>
S: 450 4.1.1 <nobody@test.example>: Recipient address rejected: User unknown in local recipient table
L: NOQUEUE: reject: RCPT from unknown[192.0.2.1]: 454 4.7.1 <x@far.example>: Relay access denied; *
L: NOQUEUE: reject: RCPT from unknown[192.0.2.1]: 450 4.1.1 <nobody@test.example>: *
