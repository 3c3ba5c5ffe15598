# smtpd_forbid_bare_newline_exclusions is mynetworks: printf and netcat go on working at home.
peer: 127.0.0.1
S: 220 *
X: EHLO client.example\nMAIL FROM:<a@b.example>\n
S: 554 5.5.0 Error: SMTP protocol synchronization
S: <EOF>
