# The default list has an expression for what does not begin with a letter.
S: 220 *
C: foo
S: 500 5.5.2 Error: command not recognized
X: \x16\x03\x01\r\n
S: 221 2.7.0 Error: I can break rules, too. Goodbye.
S: <EOF>
