# And one with NUL: V-10.
S: 220 *
C: EHLO client.example
S- 250 *
X: MAIL FROM:<a@b.example>\0<c@d.example>\r\n
S: 550 5.5.2 mx.test.example Error: bare <NUL> received
S: <EOF>
