# A table of HELO names that fails.
conf: smtpd_helo_restrictions = check_helo_access fail:helo
conf: smtpd_delay_reject = no
S: 220 *
C: EHLO client.example
S: 451 4.3.5 *Server configuration error
L: warning: access table fail:helo: *
