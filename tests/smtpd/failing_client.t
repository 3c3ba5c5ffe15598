# A table of clients that fails: they are told to come back.
conf: smtpd_client_restrictions = check_client_access fail:client
conf: smtpd_delay_reject = no
S: 451 4.3.5 *Server configuration error
L: warning: access table fail:client: *
