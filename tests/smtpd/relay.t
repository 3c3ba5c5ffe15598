# Strangers relay nothing, however they write it.
conf: smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination
conf: smtpd_hard_error_limit = 100
S: 220 *
C: EHLO client.example
S- 250 *
C: MAIL FROM:<joe@test.example>
S: 250 2.1.0 Ok
C: RCPT TO:<x@far.example>
S: 554 5.7.1 <x@far.example>: Relay access denied
C: RCPT TO:<x%far.example@test.example>
S: 554 5.7.1 <x%far.example@test.example>: Relay access denied
C: RCPT TO:<"x@far.example"@test.example>
S: 554 5.7.1 <"x@far.example"@test.example>: Relay access denied
C: RCPT TO:<far.example!x@test.example>
S: 554 5.7.1 <far.example!x@test.example>: Relay access denied
C: RCPT TO:<@test.example:x@far.example>
S: 554 5.7.1 <x@far.example>: Relay access denied
C: RCPT TO:<"x%far.example"@relay.example>
S: 554 5.7.1 *: Relay access denied
C: RCPT TO:<x@[203.0.113.5]>
S: 554 5.7.1 <x@[203.0.113.5]>: Relay access denied
C: RCPT TO:<x@test.example.far.example>
S: 554 5.7.1 <x@test.example.far.example>: Relay access denied
C: RCPT TO:<x@eviltest.example>
S: 554 5.7.1 <x@eviltest.example>: Relay access denied
C: RCPT TO:<x@relay.example>
S: 250 2.1.5 Ok
C: RCPT TO:<joe@TEST.Example>
S: 250 2.1.5 Ok
C: QUIT
S: 221 2.0.0 Bye
L: NOQUEUE: reject: RCPT from unknown[192.0.2.1]: 554 5.7.1 <x@far.example>: Relay access denied; from=<joe@test.example> to=<x@far.example> proto=ESMTP helo=<client.example>
