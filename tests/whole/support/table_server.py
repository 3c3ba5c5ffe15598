# SPDX-License-Identifier: Apache-2.0
"""
table_server - a server for socketmap: or tcp: tables that answers some keys with anything at all.

    with TableServer("tcp", {"joe": b"200 ann\\n", "x": None}, other=b"500 no\\n") as server:
        ... server.spec ...

An answer is the bytes that are sent, and with cut(bytes) no more; None hangs up, HANG waits until let_go().
"""

import socketserver
import threading

HANG = object()


def cut(data):
    """Half an answer, behind which the server hangs up."""
    return (data,)


def netstring(text):
    data = text if isinstance(text, bytes) else text.encode()
    return b"%d:%s," % (len(data), data)


class Session(socketserver.StreamRequestHandler):
    def line_key(self):
        line = self.rfile.readline(10000)
        return line[4:].rstrip(b"\n").decode() if line.startswith(b"get ") else None

    def netstring_key(self):
        digits = b""
        while (byte := self.rfile.read(1)).isdigit():
            digits += byte
        if byte != b":":
            return None
        return self.rfile.read(int(digits) + 1)[:-1].decode().partition(" ")[2]

    def handle(self):
        owner = self.server.owner
        while (key := self.netstring_key() if owner.kind == "socketmap" else self.line_key()) is not None:
            owner.asked.append(key)
            answer = owner.answers.get(key, owner.other)
            if answer is HANG:
                owner.go.wait(80)
                return
            if answer is None:
                return
            self.wfile.write(answer[0] if isinstance(answer, tuple) else answer)
            if isinstance(answer, tuple):
                return


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = daemon_threads = True
    block_on_close = False
    request_queue_size = 100

    def handle_error(self, request, client_address):
        pass  # somebody else hung up


class TableServer:
    def __init__(self, kind, answers=None, other=None):
        self.kind, self.answers, self.other = kind, dict(answers or {}), other
        self.asked, self.go = [], threading.Event()
        self.server = Server(("127.0.0.1", 0), Session)
        self.server.owner = self
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self.thread.start()

    @property
    def spec(self):
        port = self.server.server_address[1]
        return f"tcp:127.0.0.1:{port}" if self.kind == "tcp" else f"socketmap:inet:127.0.0.1:{port}:name"

    def let_go(self):
        self.go.set()

    def close(self):
        self.let_go()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join(10)

    def __enter__(self):
        return self

    def __exit__(self, *what):
        self.close()
