# What DNS says, and what happens when it says nothing.
conf: smtpd_peername_lookup = yes
conf: smtpd_relay_restrictions = permit_auth_destination
conf: smtpd_recipient_restrictions = reject_unknown_client_hostname, reject_unknown_helo_hostname, reject_unknown_sender_domain, reject_unknown_recipient_domain, defer
dns: 1.2.0.192.in-addr.arpa PTR client.example
dns: client.example A 192.0.2.1
dns: mx.example MX mx.example
dns: a.example A 192.0.2.7
dns: aaaa.example AAAA 2001:db8::7
dns: null.example MX .
dns: broken.example MX servfail
dns: empty.example TXT hello
S: 220 *
C: EHLO client.example
S- 250 *
C: MAIL FROM:<x@mx.example>
S: 250 *
C: RCPT TO:<joe@test.example>
S: 450 4.3.2 <joe@test.example>: Recipient address rejected: Try again later
C: RSET
S: 250 *
C: MAIL FROM:<x@null.example>
S: 250 *
C: RCPT TO:<joe@test.example>
S: 550 5.7.27 <x@null.example>: Sender address rejected: Domain null.example does not accept mail (nullMX)
C: RSET
S: 250 *
C: MAIL FROM:<x@nowhere.example>
S: 250 *
C: RCPT TO:<joe@test.example>
S: 450 4.1.8 <x@nowhere.example>: Sender address rejected: Domain not found
C: RSET
S: 250 *
C: MAIL FROM:<x@empty.example>
S: 250 *
C: RCPT TO:<joe@test.example>
S: 450 4.1.8 <x@empty.example>: Sender address rejected: Domain not found
C: RSET
S: 250 *
# Nobody knows: the lists go on, and only what they would permit is put off.
C: MAIL FROM:<x@broken.example>
S: 250 *
C: RCPT TO:<joe@test.example>
S: 450 4.3.2 <joe@test.example>: Recipient address rejected: Try again later
C: RSET
S: 250 *
C: MAIL FROM:<x@aaaa.example>
S: 250 *
C: RCPT TO:<y@null.example>
S: 556 5.1.10 <y@null.example>: Recipient address rejected: Domain null.example does not accept mail (nullMX)
C: RCPT TO:<y@nowhere.example>
S: 450 4.1.2 <y@nowhere.example>: Recipient address rejected: Domain not found
C: RCPT TO:<y@a.example>
S: 450 4.3.2 <y@a.example>: Recipient address rejected: Try again later
C: EHLO nowhere.example
S- 250 *
C: MAIL FROM:<>
S: 250 *
C: RCPT TO:<joe@test.example>
S: 450 4.7.1 <nowhere.example>: Helo command rejected: Host not found
C: QUIT
S: 221 *
L: connect from client.example[192.0.2.1]
L: disconnect from client.example[192.0.2.1] *
