# smtpd_hard_error_limit: the twentieth error is the last.
S: 220 *
X: {9*foo\r\n}
S: 500 *
S: 500 *
S: 500 *
S: 500 *
S: 500 *
S: 500 *
S: 500 *
S: 500 *
S: 500 *
C: RCPT x
S: 503 *
X: {10*foo\r\n}NOOP\r\n
S: 500 *
S: 500 *
S: 500 *
S: 500 *
S: 500 *
S: 500 *
S: 500 *
S: 500 *
S: 500 *
S: 500 *
S: 421 4.7.0 mx.test.example Error: too many errors
S: <EOF>
L: too many errors after UNKNOWN from unknown[192.0.2.1]
L: disconnect from unknown[192.0.2.1] rcpt=0/1 unknown=0/19 commands=0/20
