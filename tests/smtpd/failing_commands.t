# Lists of commands that fail.
conf: smtpd_noop_commands = pipemap:{inline:{wait=x},fail:noop}
conf: smtpd_forbidden_commands = pipemap:{inline:{get=x},fail:forbidden}
S: 220 *
C: EHLO client.example
S- 250 *
C: WAIT
S: 451 4.3.0 Error: temporary lookup failure
C: GET / HTTP/1.0
S: 451 4.3.0 Error: temporary lookup failure
C: PUT / HTTP/1.0
S: 500 *
L: warning: pipemap:*noop}: fail:noop: *
L: warning: pipemap:*forbidden}: fail:forbidden: *
