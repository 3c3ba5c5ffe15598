# smtpd_client_port_logging.
conf: smtpd_client_port_logging = yes
S: 220 *
C: QUIT
S: 221 2.0.0 Bye
S: <EOF>
L: connect from unknown[192.0.2.1]:4711
L: disconnect from unknown[192.0.2.1]:4711 quit=1 commands=1
