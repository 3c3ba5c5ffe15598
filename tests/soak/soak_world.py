# SPDX-License-Identifier: Apache-2.0
"""
soak_world - the suite that soaks, its next hops and its journals.

Of each message its own journal is kept, as the crash tests do it (world.py): what was promised to the client,
and what arrived at the sink, in the Maildir and at a command.  In bulk the bench's smtpload sends and its smtpsink
takes; each writes a journal with the names of its recipients.
"""

import array
import collections
import itertools
import os
import pathlib
import re
import signal
import stat
import subprocess
import threading
import time

from support.place import free_port
from support.sink import Sink
from support.suite import DOMAIN, Suite
from world import SETTINGS, CrashSuite, Kill, World, arrivals_of

FAR, REFUSED, SECOND, LATER, DOWN = ("far.example", "refused.example", "second.example", "later.example", "down.example")
TAKE = """\
#!/bin/sh
# What the alias "pipe" delivers: whole, or not at all.
file=$(mktemp {folder}/tmp/XXXXXXXX) && cat >"$file" && chmod 644 "$file" && mv "$file" {folder}/new/
"""


class SoakSuite(CrashSuite):
    """As it is installed: without the library of the crash tests."""

    def __init__(self, place, settings):
        Suite.__init__(self, place, {**SETTINGS, **settings})
        self.preload = {}


class Journal:
    """What a sink appends to as it says 250; only what arrived is kept, not the mail."""

    def __init__(self):
        self.arrivals = []

    def append(self, message):
        self.arrivals += arrivals_of(message.data, message.rcpts, message.sender, time.monotonic())


def quiet(sink):
    """A sink that keeps only its journal; a soak is long."""
    sink.messages, sink.lines, sink.rcpt_options = Journal(), collections.deque(maxlen=1), collections.deque(maxlen=1)
    return sink


class Bulk:
    """The load tools of the bench: count[run][i] and first[run][i] are the copies of a recipient and when the first came."""

    def __init__(self, folder, source, port):
        self.folder, self.port = folder, port
        self.sink_port = free_port()
        self.said, self.count, self.first, self.again = {}, {}, {}, []
        self.arrived = self.promised = self.alien = 0
        self.number = 0
        self.file = None
        for name in ("smtpload", "smtpsink"):
            subprocess.run([os.environ.get("CC", "cc"), "-O2", "-pthread", "-o", folder / name,
                            source / f"tests/bench/src/{name}.c", "-lssl", "-lcrypto"], check=True)
        self.process = None

    def start(self):
        path = self.folder / "sink.journal"
        path.touch()
        self.file = open(path, encoding="ascii")
        self.process = subprocess.Popen([self.folder / "smtpsink", "-p", str(self.sink_port), "-f", self.folder / "sink.stat",
                                         "-j", path])

    def send(self, messages, sessions=10, seconds=60):
        """So many messages; gives how many were promised."""
        run = self.number = self.number + 1
        journal = self.folder / f"load{run}.journal"
        self.count[run], self.first[run] = bytearray(messages), array.array("d", bytes(8 * messages))
        command = [self.folder / "smtpload", "-s", str(sessions), "-m", str(messages), "-n", "10", "-u", str(messages), "-P",
                   "-l", str((1000, 4000, 15000)[run % 3]), "-x", str(seconds), "-t", f"b{run}-@bulk.example", "-j", journal,
                   "-f", "bulk@client.test", f"127.0.0.1:{self.port}"]
        done = subprocess.run(command, stdout=subprocess.DEVNULL, check=False, timeout=seconds + 120)
        if done.returncode not in (0, 1):  # 1: a connection broke off
            raise RuntimeError(f"smtpload ended with status {done.returncode}")
        said = bytearray(messages)  # 0: never begun, or refused
        for line in journal.read_text().splitlines() if journal.exists() else []:
            number, word = line.split()
            said[int(number)] = {"yes": 1, "no": 0, "unknown": 2}[word]
        self.said[run] = said
        self.promised += said.count(1)
        journal.unlink(missing_ok=True)
        return said.count(1)

    def read(self):
        """What the sink has written since."""
        while True:
            at = self.file.tell()
            line = self.file.readline()
            if not line.endswith("\n"):
                self.file.seek(at)
                return
            when, address = line.split()
            m = re.fullmatch(r"b(\d+)-(\d+)@bulk\.example", address)
            if not m or int(m[1]) not in self.count or int(m[2]) >= len(self.count[int(m[1])]):
                self.alien += 1
                continue
            run, i = int(m[1]), int(m[2])
            if self.count[run][i] == 0:
                self.first[run][i] = float(when)
                self.arrived += 1
            elif self.count[run][i] < 255:
                self.again.append((run, i, self.first[run][i], float(when)))
            self.count[run][i] = min(self.count[run][i] + 1, 255)

    def owed(self):
        return sum(said == 1 and n == 0 for run in self.said for said, n in zip(self.said[run], self.count[run]))

    def close(self):
        if self.process:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(10)
        if self.file:
            self.file.close()


class SoakWorld(World):
    def __init__(self, place):  # not that of World: no library, and no journal of mail
        self.sink = quiet(Sink(replies={"RCPT": self.answer_rcpt}))
        self.down = quiet(Sink())
        self.down_port = self.down.port
        self.closed = False
        self.pipe = pathlib.Path(place.base) / f"pipe{Suite.count}"
        self.make_pipe()
        bulk_port = free_port()
        routes = f"{{ {DOWN} = smtp:[127.0.0.1]:{self.down_port} }}, {{ bulk.example = smtp:[127.0.0.1]:{bulk_port} }}"
        self.suite = SoakSuite(place, {
            "max_idle": "20s", "relayhost": self.sink.hop, "transport_maps": f"inline:{{{routes}}}",
            "alias_maps": f"inline:{{{{ root = {place.users[0]} }}, {{ pipe = |{self.pipe}/take }}}}"})
        self.bulk = Bulk(self.suite.dir, place.source, self.suite.port)
        self.bulk.sink_port = bulk_port
        self.lock, self.counter = threading.Lock(), itertools.count(1)
        self.sent, self.kills, self.local, self.seen = {}, [], [], set()
        self.killed = []  # (program, pid)
        self.first_tries = set()
        self.left = set()

    def make_pipe(self):
        for folder in ("new", "tmp"):
            (self.pipe / folder).mkdir(parents=True)
            (self.pipe / folder).chmod(0o1777)
        self.pipe.chmod(0o755)
        take = self.pipe / "take"
        take.write_text(TAKE.format(folder=self.pipe))
        take.chmod(stat.S_IRWXU | 0o055)

    def start(self):
        self.bulk.start()
        self.suite.start()

    def close(self):
        try:
            self.suite.close()
        finally:
            self.bulk.close()
            self.sink.close()
            if self.down:
                self.down.close()

    # ---- the next hop that goes away ----

    def take_down(self):
        if self.down:
            self.gone = self.down.messages
            self.down.close()
            self.down = None

    def bring_up(self):
        if self.down is None:
            sink = Sink(port=self.down_port)
            quiet(sink).messages = self.gone
            self.down = sink

    # ---- journals ----

    def name(self, pattern):
        return f"{pattern}-{os.getpid()}-{self.suite.port}-{next(self.counter)}"

    def arrivals(self):
        self.look_into(self.suite.maildir() / "new", None)
        self.look_into(self.pipe / "new", f"pipe@{DOMAIN}")
        down = (self.down.messages if self.down else self.gone).arrivals
        return self.sink.messages.arrivals + down + self.local

    def look_into(self, folder, rcpt):
        """What has been delivered there is read once, and removed."""
        try:
            names = os.listdir(folder)
        except OSError:
            return
        for name in names:
            path = folder / name
            data = path.read_bytes()
            written = path.stat().st_mtime + time.monotonic() - time.time()
            sender = re.search(rb"^Return-Path: <(.*?)>|^From (\S*)", data, re.M)
            to = re.search(rb"^Delivered-To: (\S+)", data, re.M)
            self.local += arrivals_of(data, [rcpt or (to[1].decode() if to else self.suite.address())],
                                      (sender[1] or sender[2] or b"").decode() if sender else "?", written)
            path.unlink()

    def owed_names(self):
        """The promised messages of which something has not arrived."""
        got = collections.defaultdict(set)
        for a in self.arrivals():
            got[a.name].add(a.rcpt)
        return [s.name for s in list(self.sent.values()) if s.said == "yes" and not s.deletion
                and not {None if r in s.returned else r for r in s.rcpts} <= got[s.name]]

    def kill(self, program, pid):
        self.kills.append(Kill(time.monotonic(), program, {key.split("/")[1] for key in self.suite.files()}))
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            self.kills.pop()
            return False
        self.killed.append((program, pid))
        return True
