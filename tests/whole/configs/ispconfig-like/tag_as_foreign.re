/^/  FILTER lmtp:[127.0.0.1]:10024
