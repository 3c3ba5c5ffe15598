# The words of each restriction; warn_if_reject logs and goes on.
conf: smtpd_relay_restrictions = permit_auth_destination, reject
conf: smtpd_recipient_restrictions = warn_if_reject reject, warn_if_reject defer, warn_if_reject reject_non_fqdn_helo_hostname, warn_if_reject reject_invalid_helo_hostname, warn_if_reject reject_unknown_helo_hostname, warn_if_reject reject_non_fqdn_sender, warn_if_reject reject_non_fqdn_recipient, warn_if_reject reject_unknown_sender_domain, warn_if_reject reject_unknown_recipient_domain, warn_if_reject reject_unknown_client_hostname, warn_if_reject reject_unknown_reverse_client_hostname, warn_if_reject reject_unlisted_recipient, warn_if_reject reject_unlisted_sender, warn_if_reject reject_unauth_pipelining, warn_if_reject reject_multi_recipient_bounce, warn_if_reject reject_plaintext_session
S: 220 *
C: EHLO foo
S- 250 *
C: MAIL FROM:<a@bar>
S: 250 2.1.0 Ok
C: RCPT TO:<joe@test.example>
S: 250 2.1.5 Ok
L: NOQUEUE: reject_warning: RCPT from unknown[192.0.2.1]: 554 5.7.1 <joe@test.example>: Recipient address rejected: Access denied; from=<a@bar> to=<joe@test.example> proto=ESMTP helo=<foo>
L: NOQUEUE: reject_warning: RCPT from unknown[192.0.2.1]: 450 4.3.2 <joe@test.example>: Recipient address rejected: Try again later; from=<a@bar> to=<joe@test.example> proto=ESMTP helo=<foo>
L: NOQUEUE: reject_warning: RCPT from unknown[192.0.2.1]: 504 5.5.2 <foo>: Helo command rejected: need fully-qualified hostname; from=<a@bar> to=<joe@test.example> proto=ESMTP helo=<foo>
L: NOQUEUE: reject_warning: RCPT from unknown[192.0.2.1]: 450 4.7.1 <foo>: Helo command rejected: Host not found; from=<a@bar> to=<joe@test.example> proto=ESMTP helo=<foo>
L: NOQUEUE: reject_warning: RCPT from unknown[192.0.2.1]: 504 5.5.2 <a@bar>: Sender address rejected: need fully-qualified address; from=<a@bar> to=<joe@test.example> proto=ESMTP helo=<foo>
L: NOQUEUE: reject_warning: RCPT from unknown[192.0.2.1]: 450 4.1.8 <a@bar>: Sender address rejected: Domain not found; from=<a@bar> to=<joe@test.example> proto=ESMTP helo=<foo>
L: NOQUEUE: reject_warning: RCPT from unknown[192.0.2.1]: 450 4.7.25 Client host rejected: cannot find your hostname, [192.0.2.1]; from=<a@bar> to=<joe@test.example> proto=ESMTP helo=<foo>
L: NOQUEUE: reject_warning: RCPT from unknown[192.0.2.1]: 450 4.7.1 Client host rejected: cannot find your reverse hostname, [192.0.2.1]; from=<a@bar> to=<joe@test.example> proto=ESMTP helo=<foo>
L: NOQUEUE: reject_warning: RCPT from unknown[192.0.2.1]: 450 4.7.1 Session encryption is required; from=<a@bar> to=<joe@test.example> proto=ESMTP helo=<foo>
C: RSET
S: 250 *
C: MAIL FROM:<>
S: 250 *
C: RCPT TO:<joe@test.example>
S: 250 *
C: RCPT TO:<nobody@test.example>
S: 550 5.1.1 <nobody@test.example>: Recipient address rejected: User unknown in local recipient table
L: *: reject_warning: RCPT from unknown[192.0.2.1]: 550 5.1.1 <nobody@test.example>: Recipient address rejected: User unknown in local recipient table; from=<> to=<nobody@test.example> *
L: *: reject_warning: RCPT from unknown[192.0.2.1]: 550 5.5.3 <nobody@test.example>: Recipient address rejected: Multi-recipient bounce; from=<> *
L: *: reject: RCPT from unknown[192.0.2.1]: 550 5.1.1 <nobody@test.example>: Recipient address rejected: User unknown in local recipient table; from=<> to=<nobody@test.example> proto=ESMTP helo=<foo>
C: RSET
S: 250 *
C: MAIL FROM:<zoo@test.example>
S: 250 *
C: RCPT TO:<jane@relay.example>
S: 250 *
L: *: reject_warning: RCPT from unknown[192.0.2.1]: 450 4.1.2 <jane@relay.example>: Recipient address rejected: Domain not found; *
L: *: reject_warning: RCPT from unknown[192.0.2.1]: 550 5.1.0 <zoo@test.example>: Sender address rejected: User unknown in local recipient table; from=<zoo@test.example> to=<jane@relay.example> proto=ESMTP helo=<foo>
L! *: reject_warning: *<joe@test.example>: Recipient address rejected: Domain not found*
