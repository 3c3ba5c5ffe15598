#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""
dns_server - a name server that says what a table holds, on UDP and TCP of one loopback port.

    with DnsServer('''
        example.test      MX    10 mx.example.test
        mx.example.test   A     127.0.0.2
        mx.example.test   AAAA  ::1
        txt.test          TXT   "v=spf1 -all" "second string"
        alias.test        CNAME mx.example.test
        null.test         MX    0 .
        _25._tcp.x.test   TLSA  3 1 1 a0b1c2
        bad.test          A     RAW 7f0000          (rdata in hex, as wrong as you like)
        down.test         *     SERVFAIL            (any RCODE by name, for one type or * for all)
        deaf.test         *     DROP
        slow.test         A     DELAY 0.5 192.0.2.1
        big.test          TXT   TRUNCATE "only with TCP"
        signed.test       RRSIG A RAW 0001...       (goes with the A records of the name)
    ''') as dns:
        ... dns_server = dns.address ("127.0.0.1:5300") ...
        dns.questions                           [("example.test", "MX"), ...]
        dns.load("...")                         another table from now on

A name that has no line does not exist (NXDOMAIN); one that has lines of other types only has no
data; a name above one with lines has no data either.  Negative answers carry an SOA, so that they
are cached for $TTL.  "$TTL 5" sets the seconds for what follows; the first default is 60.
As a program:  dns_server.py [--port N] FILE  prints "port N" and serves until it is ended.
"""

import argparse
import shlex

import socketserver
import struct
import sys
import threading
import time
import ipaddress

TYPES = {"A": 1, "NS": 2, "CNAME": 5, "SOA": 6, "PTR": 12, "MX": 15, "TXT": 16, "AAAA": 28, "SRV": 33, "DS": 43,
         "RRSIG": 46, "DNSKEY": 48, "TLSA": 52}
NAMES = {number: name for name, number in TYPES.items()}
RCODES = {"NOERROR": 0, "FORMERR": 1, "SERVFAIL": 2, "NXDOMAIN": 3, "NOTIMP": 4, "REFUSED": 5}


def wire_name(name):
    out = b""
    for label in name.strip(".").split("."):
        if label:
            out += bytes([len(label)]) + label.encode("utf-8", "surrogateescape")
    return out + b"\0"


def rdata(kind, words):
    if kind == "A":
        return ipaddress.IPv4Address(words[0]).packed
    if kind == "AAAA":
        return ipaddress.IPv6Address(words[0]).packed
    if kind == "MX":
        return struct.pack("!H", int(words[0])) + wire_name(words[1])
    if kind in ("CNAME", "NS", "PTR"):
        return wire_name(words[0])
    if kind == "TXT":
        return b"".join(bytes([len(w)]) + w.encode() for w in words)
    if kind == "SRV":
        return struct.pack("!HHH", *map(int, words[:3])) + wire_name(words[3])
    if kind == "TLSA":
        return bytes(map(int, words[:3])) + bytes.fromhex("".join(words[3:]))
    if kind == "SOA":
        return wire_name(words[0]) + wire_name(words[1]) + struct.pack("!IIIII", *map(int, words[2:7]))
    raise ValueError(f"no rdata for {kind}")


class Entry:
    """One line of the table."""

    def __init__(self, kind, words, ttl):
        self.kind, self.ttl = kind, ttl
        self.delay, self.truncate, self.drop, self.rcode, self.rdata = 0.0, False, False, None, None
        while words:
            if words[0] == "DELAY":
                self.delay = float(words[1])
                words = words[2:]
            elif words[0] == "TRUNCATE":
                self.truncate = True
                words = words[1:]
            elif words[0] == "DROP":
                self.drop = True
                return
            elif words[0] in RCODES:
                self.rcode = RCODES[words[0]]
                return
            elif words[0] == "RAW":
                self.rdata = bytes.fromhex("".join(words[1:]))
                return
            else:
                self.rdata = rdata(kind, words)
                return


class Table:
    def __init__(self, text):
        self.entries, self.signatures = {}, {}
        ttl = 60
        for line in text.splitlines():
            words = shlex.split(line, comments=True)
            if not words:
                continue
            if words[0] == "$TTL":
                ttl = int(words[1])
                continue
            name, kind = words[0].strip(".").lower(), words[1].upper()
            if kind != "*" and kind not in TYPES:
                raise ValueError(f"unknown type in: {line}")
            if kind == "RRSIG":
                self.signatures.setdefault((name, words[2].upper()), []).append(Entry(kind, words[3:], ttl))
                continue
            self.entries.setdefault(name, []).append(Entry(kind, words[2:], ttl))
        self.ttl = ttl
        self.above = set()
        for name in self.entries:
            while "." in name:
                name = name.split(".", 1)[1]
                self.above.add(name)

    def find(self, name, kind):
        return [e for e in self.entries.get(name, ()) if e.kind in (kind, "*")]

    def exists(self, name):
        return name in self.entries or name in self.above


class DnsServer:
    def __init__(self, text="", port=0):
        self.table = Table(text)
        self.questions = []
        self.udp, self.tcp = None, None
        for _ in range(20):
            # The same number for both: UDP's may be taken where TCP's is free.
            self.tcp = socketserver.ThreadingTCPServer(("127.0.0.1", port), self.handler(False), False)
            self.tcp.allow_reuse_address = self.tcp.daemon_threads = True
            self.tcp.server_bind()
            self.tcp.server_activate()
            try:
                self.udp = socketserver.ThreadingUDPServer(self.tcp.server_address, self.handler(True))
                break
            except OSError:
                self.tcp.server_close()
                if port:
                    raise
        self.udp.daemon_threads = True
        self.port = self.udp.server_address[1]
        self.address = f"127.0.0.1:{self.port}"

    def load(self, text):
        self.table = Table(text)

    def __enter__(self):
        for server in (self.udp, self.tcp):
            threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_):
        for server in (self.udp, self.tcp):
            server.shutdown()
            server.server_close()

    def handler(self, udp):
        outer = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self):
                if udp:
                    reply = outer.answer(self.request[0], True)
                    if reply:
                        self.request[1].sendto(reply, self.client_address)
                    return
                while True:
                    size = self.read(2)
                    if not size:
                        return
                    reply = outer.answer(self.read(struct.unpack("!H", size)[0]), False)
                    if not reply:
                        return
                    self.request.sendall(struct.pack("!H", len(reply)) + reply)

            def read(self, n):
                data = b""
                while len(data) < n:
                    some = self.request.recv(n - len(data))
                    if not some:
                        return b""
                    data += some
                return data

        return Handler

    @staticmethod
    def parse(query):
        """The question: name as text, type and the end of its section; EDNS size or None."""
        ident, flags, qd, _, _, ar = struct.unpack("!HHHHHH", query[:12])
        labels, at = [], 12
        while query[at]:
            labels.append(query[at + 1:at + 1 + query[at]].decode("utf-8", "surrogateescape"))
            at += 1 + query[at]
        kind, _ = struct.unpack("!HH", query[at + 1:at + 5])
        at += 5
        size = struct.unpack("!H", query[at + 3:at + 5])[0] if ar and query[at:at + 3] == b"\0\0\x29" else None
        if qd != 1:
            raise ValueError("one question is enough")
        return ident, flags, ".".join(labels).lower(), NAMES.get(kind, str(kind)), query[12:at], size

    def collect(self, name, kind):
        """rcode, answer records and what is special; follows aliases."""
        records, special, table = [], None, self.table
        for _ in range(10):
            found = table.find(name, kind)
            alias = table.find(name, "CNAME") if kind != "CNAME" else []
            if not found and alias and alias[0].rdata is not None and alias[0].kind == "CNAME":
                records.append((name, "CNAME", alias[0]))
                at, labels = 0, []
                while alias[0].rdata[at]:
                    labels.append(alias[0].rdata[at + 1:at + 1 + alias[0].rdata[at]].decode())
                    at += 1 + alias[0].rdata[at]
                name = ".".join(labels).lower()
                continue
            special = found[0] if found else None
            records += [(name, kind, e) for e in found if e.rdata is not None]
            if found or table.exists(name):
                return special.rcode if special and special.rcode else 0, records, special
            break
        return RCODES["NXDOMAIN"], records, special

    def answer(self, query, udp):
        try:
            ident, flags, name, kind, question, size = self.parse(query)
        except (IndexError, struct.error, ValueError):
            return None
        self.questions.append((name, kind))
        rcode, records, special = self.collect(name, kind)
        if special:
            time.sleep(special.delay)
            if special.drop:
                return None
        body = b"".join(wire_name(n) + struct.pack("!HHIH", TYPES[k], 1, e.ttl, len(e.rdata)) + e.rdata
                        for n, k, e in records)
        if size is not None:
            for owner in dict.fromkeys((n, k) for n, k, _ in records):
                for e in self.table.signatures.get(owner, ()):
                    body += wire_name(owner[0]) + struct.pack("!HHIH", 46, 1, e.ttl, len(e.rdata)) + e.rdata
                    records.append((owner[0], "RRSIG", e))
        count, authority, more = len(records), b"", b""
        if rcode in (0, 3) and not any(k == kind for _, k, _ in records):
            soa = rdata("SOA", ["ns.test", "hostmaster.test", 1, 3600, 600, 86400, self.table.ttl])
            authority = wire_name("") + struct.pack("!HHIH", TYPES["SOA"], 1, self.table.ttl, len(soa)) + soa
        if size is not None:
            more = b"\0" + struct.pack("!HHIH", 41, 1232, 0, 0)
        out = question + body + authority + more
        truncated = udp and (bool(special and special.truncate) or 12 + len(out) > min(size or 512, 1232))
        if truncated:
            count, authority, out = 0, b"", question + more
        header = struct.pack("!HHHHHH", ident, 0x8480 | (flags & 0x0100) | (0x0200 if truncated else 0) | rcode, 1, count,
                             1 if authority else 0, 1 if more else 0)
        return header + out


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("file")
    options = parser.parse_args()
    with open(options.file, encoding="utf-8") as f:
        text = f.read()
    with DnsServer(text, options.port) as dns:
        print("port", dns.port, flush=True)
        # Whoever started us ends us, also by going away.
        sys.stdin.read()


if __name__ == "__main__":
    main()
