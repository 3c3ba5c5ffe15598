# A message without an envelope.
S: 220 *
C: Subject: hello
S: 221 2.7.0 Error: I can break rules, too. Goodbye.
S: <EOF>
L: warning: non-SMTP command from unknown[192.0.2.1]: Subject: hello
