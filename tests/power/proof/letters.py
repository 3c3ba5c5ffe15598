# SPDX-License-Identifier: Apache-2.0
"""
letters - what the harness sends, and its journal: what was promised, and what arrived, each with its position.

Each recipient of a letter has an address of its own, so that whoever sees the address knows the
letter:  relay12 late12 bad12 (all @far.test, one letter each; bad ones are refused by the next hop and
answered with a bounce to from12@far.test), and the suite's user for the local ones, whose letter is told
by its header X-Letter.
"""

import collections
import hashlib
import re
import threading
import time

FAR = "far.test"
LETTER = re.compile(rb"^X-Letter: (\d+)\r?$", re.M)
ADDRESS = re.compile(r"^(relay|late|bad|from)(\d+)@", re.I)

Moment = collections.namedtuple("Moment", "position ns")


class Letter:
    def __init__(self, number, kinds, size, local_address):
        self.number, self.kinds = number, kinds
        self.addresses = [local_address if k == "local" else f"{k}{number}@{FAR}" for k in kinds]
        self.sender = f"from{number}@{FAR}"
        self.acknowledged = self.delete_began = self.deleted = None
        line = hashlib.sha256(str(number).encode()).hexdigest()
        self.body = "".join(f"{n} {line}\n" for n in range(size // 70 + 1)) + f"end of letter {number}\n"

    def text(self, line_end):
        text = f"From: {self.sender}\nTo: {', '.join(self.addresses)}\nSubject: letter {self.number}\n" \
               f"X-Letter: {self.number}\n\n{self.body}"
        return text.replace("\n", line_end)

    def whole_in(self, content):
        """Is all of it in these bytes of a file, whose lines end with LF or CRLF?"""
        return self.body.encode() in content.replace(b"\r\n", b"\n")


class Journal:
    """position: a function that tells how far the recording is."""

    def __init__(self, position):
        self.position, self.port = position, None  # the port is the next hop's
        self.letters, self.lock = {}, threading.Lock()
        self.arrived = collections.defaultdict(list)  # address or ("local", number): moments

    def now(self):
        return Moment(self.position(), time.monotonic_ns())

    def letter(self, kinds, size, local_address):
        with self.lock:
            number = len(self.letters) + 1
            self.letters[number] = Letter(number, kinds, size, local_address)
            return self.letters[number]

    def arrival(self, key):
        moment = self.now()
        with self.lock:
            self.arrived[key].append(moment)

    def acknowledged(self):
        return [letter for letter in self.letters.values() if letter.acknowledged]


def keys(letter):
    """What becomes of each recipient is known by these."""
    return [("local", letter.number) if k == "local" else f"{k}{letter.number}" for k in letter.kinds]


def key_of(address, number):
    """That of a recipient in a queue file which holds this letter."""
    found = ADDRESS.match(address)
    return f"{found[1]}{found[2]}".lower() if found else ("local", number)
