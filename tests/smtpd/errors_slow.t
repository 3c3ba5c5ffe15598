# Past smtpd_soft_error_limit each reply takes its time.
conf: smtpd_soft_error_limit = 1
conf: smtpd_error_sleep_time = 1s
S: 220 *
C: foo
S: 500 *
C: foo
S: 500 *
C: QUIT
S: 221 *
T: 950
