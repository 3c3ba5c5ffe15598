# So does one with CR in it.
S: 220 *
X: EHLO x\ry\r\n
S: 550 5.5.2 mx.test.example Error: bare <CR> received
S: <EOF>
