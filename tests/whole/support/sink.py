# SPDX-License-Identifier: Apache-2.0
"""
sink - a next hop that a test can talk into anything: an SMTP or LMTP server on a thread.

    with Sink(replies={"RCPT": "550 5.1.1 no such user"}) as sink:
        ... relayhost = sink.hop ...
    sink.messages[0].sender, .rcpts, .data (bytes, dots unstuffed, CRLF)

replies maps a verb to a reply, or to a function(session, line) that gives one; None from it means
the ordinary reply.  "." is the reply to the end of data, "CONNECT" the greeting.
"""

import collections
import socket
import socketserver
import threading

Message = collections.namedtuple("Message", "sender rcpts data helo options")

CAPABILITIES = ("PIPELINING", "SIZE 0", "8BITMIME", "ENHANCEDSTATUSCODES", "DSN", "SMTPUTF8", "CHUNKING")


class Session(socketserver.StreamRequestHandler):
    def setup(self):
        super().setup()
        self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1) if self.server.tcp else None

    def say(self, text):
        self.wfile.write(text.encode("utf-8") + b"\r\n")

    def answer(self, verb, line, ordinary):
        chosen = self.server.sink.replies.get(verb)
        if callable(chosen):
            chosen = chosen(self, line)
        self.say(chosen or ordinary)
        return (chosen or ordinary)[0] in "23"

    def reset(self):
        self.sender, self.rcpts, self.options = None, [], []
        self.chunks = b""

    def handle(self):
        self.reset()
        self.helo = ""
        sink = self.server.sink
        sink.connections += 1
        try:
            if not self.answer("CONNECT", "", "220 sink.test ESMTP"):
                return
            while True:
                raw = self.rfile.readline(70000)
                if not raw:
                    return
                line = raw.decode("utf-8", "surrogateescape").rstrip("\r\n")
                sink.lines.append(line)
                verb = line.split(" ")[0].upper()
                if verb == "QUIT":
                    self.answer("QUIT", line, "221 2.0.0 bye")
                    return
                getattr(self, "do_" + verb.lower(), self.unknown)(line)
        except OSError:
            pass

    def unknown(self, line):
        self.say("500 5.5.2 what?")

    def do_ehlo(self, line):
        self.helo = line[5:]
        offers = [c for c in self.server.sink.capabilities]
        self.answer("EHLO", line, "\r\n".join(["250-sink.test"] + ["250-" + c for c in offers[:-1]] + ["250 " + offers[-1]])
                    if offers else "250 sink.test")

    do_lhlo = do_ehlo

    def do_helo(self, line):
        self.helo = line[5:]
        self.answer("HELO", line, "250 sink.test")

    def do_mail(self, line):
        if self.answer("MAIL", line, "250 2.1.0 ok"):
            self.sender = line[line.index("<") + 1:line.index(">")]
            self.options = line[line.index(">") + 1:].split()

    def do_rcpt(self, line):
        if self.answer("RCPT", line, "250 2.1.5 ok"):
            self.rcpts.append((line[line.index("<") + 1:line.index(">")], line[line.index(">") + 1:].split()))

    def do_rset(self, line):
        self.reset()
        self.answer("RSET", line, "250 2.0.0 ok")

    def do_noop(self, line):
        self.answer("NOOP", line, "250 2.0.0 ok")

    def do_data(self, line):
        if not self.rcpts:
            self.say("554 5.5.1 no recipients")
            return
        if not self.answer("DATA", line, "354 go ahead"):
            return
        data = []
        while True:
            raw = self.rfile.readline()
            if not raw:
                return
            if raw == b".\r\n":
                break
            data.append(raw[1:] if raw.startswith(b".") else raw)
        self.end_of_data(b"".join(data))

    def do_bdat(self, line):
        words = line.split()
        chunk = self.rfile.read(int(words[1]))
        if len(chunk) < int(words[1]):
            return  # the client broke off: this is no message
        self.chunks += chunk
        if len(words) > 2:
            self.end_of_data(self.chunks)
        else:
            self.answer("BDAT", line, "250 2.0.0 ok")

    def end_of_data(self, data):
        sink = self.server.sink
        got = Message(self.sender, [r[0] for r in self.rcpts], data, self.helo, self.options)
        sink.rcpt_options += [r[1] for r in self.rcpts]
        good = False
        for _ in self.rcpts if sink.lmtp else [None]:
            good = self.answer(".", "", "250 2.0.0 taken") or good
        if good:
            with sink.lock:
                sink.messages.append(got)
        self.reset()


class Sink:
    def __init__(self, replies=None, capabilities=CAPABILITIES, lmtp=False, path=None, port=0):
        self.replies, self.capabilities, self.lmtp = dict(replies or {}), list(capabilities), lmtp
        self.messages, self.lines, self.rcpt_options, self.connections = [], [], [], 0
        self.lock = threading.Lock()
        kind = socketserver.UnixStreamServer if path else socketserver.TCPServer

        class Server(socketserver.ThreadingMixIn, kind):
            daemon_threads = True
            allow_reuse_address = True
            request_queue_size = 200
            tcp = path is None

        self.server = Server(str(path) if path else ("127.0.0.1", port), Session)
        self.server.sink = self
        self.port = None if path else self.server.server_address[1]
        self.hop = f"unix:{path}" if path else f"[127.0.0.1]:{self.port}"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self.thread.start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def __enter__(self):
        return self

    def __exit__(self, *what):
        self.close()
