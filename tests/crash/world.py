# SPDX-License-Identifier: Apache-2.0
"""
world - one suite under the preloaded library, the harness's own client and sink, and their journals.

The client's journal (Sent) says what was promised: "yes" is a 250 or exit status 0, "no" a refusal,
"unknown" a connection or command that broke off.  The sink's journal and the Maildir (Arrival) say
what came, how often, with which queue id, and whether it came whole.
"""

import collections
import dataclasses
import hashlib
import os
import re
import signal
import smtplib
import socket
import subprocess
import time

from shared import Points
from support.sink import Message, Sink
from support.suite import DOMAIN, Suite, wait_for

QUEUES = ("maildrop", "incoming", "active", "deferred", "hold", "corrupt")
SETTINGS = {
    "minimal_backoff_time": "1s", "maximal_backoff_time": "2s", "queue_run_delay": "1s",
    "transport_retry_time": "1s", "service_throttle_time": "1s", "fork_delay": "1s",
    "smtp_destination_concurrency_failed_cohort_limit": "0", "notify_classes": "", "max_idle": "100s",
    "queue_status_sync": "0",
}
RECEIVED = re.compile(rb"^Received:.*?\bid ([0-9A-Za-z]+)", re.M | re.S)
NAME = re.compile(rb"^X-Crash-Name: (\S+)", re.M)

# rcpt None: a notice to the sender; trail: its queue id, and those of the messages that it was made of
Arrival = collections.namedtuple("Arrival", "name rcpt qid time whole trail")
Kill = collections.namedtuple("Kill", "time program present")  # program None: all; present: queue ids then


@dataclasses.dataclass
class Sent:
    name: str
    rcpts: list
    returned: tuple = ()  # the recipients that must come back
    said: str = "unknown"
    began: float = dataclasses.field(default_factory=time.monotonic)
    answered: float = 0.0
    deletion: str = ""  # "asked", "done"
    requeued: bool = False


def body_of(name, size=300):
    """Text that only this message has; one line begins with a dot, so that stuffing is seen, too."""
    lines = [f"body of {name}", ".dot"]
    while size > 0:
        lines.append(hashlib.sha256(f"{name} {size}".encode()).hexdigest())
        size -= 66
    return "\r\n".join(lines) + "\r\n"


def text_of(name, size):
    return (f"From: sender@client.test\r\nTo: someone@{DOMAIN}\r\nSubject: {name}\r\nX-Crash-Name: {name}\r\n"
            f"X-Crash-Size: {size}\r\nDate: Mon, 1 Jan 2024 00:00:00 +0000\r\nMessage-ID: <{name}@client.test>\r\n\r\n"
            + body_of(name, size))


def is_whole(data):
    name, size = NAME.search(data), re.search(rb"^X-Crash-Size: (\d+)", data, re.M)
    plain = data.replace(b"\r\n", b"\n")
    return bool(name and size) and \
        plain.endswith(b"\n\n" + body_of(name[1].decode(), int(size[1])).replace("\r\n", "\n").encode())


class Journal(list):
    """What the sink appends to as it says 250."""

    def __init__(self):
        super().__init__()
        self.arrivals = []

    def append(self, message: Message):
        super().append(message)
        self.arrivals += arrivals_of(message.data, message.rcpts, message.sender, time.monotonic())


def arrivals_of(data, rcpts, sender, now):
    name = NAME.search(data)
    name = name[1].decode() if name else "?"
    trail = [qid.decode() for qid in RECEIVED.findall(data)] or ["?"]
    if sender == "":
        return [Arrival(name, None, trail[0], now, True, trail)]
    return [Arrival(name, r.split("@")[0] + "@" + r.split("@")[1].lower(), trail[0], now, is_whole(data), trail)
            for r in rcpts]


class CrashSuite(Suite):
    """A suite whose processes all have the library, and whose sendmail runs as a user of the postdrop group."""

    def __init__(self, place, library, settings):
        super().__init__(place, {**SETTINGS, **settings})
        roots = [os.path.realpath(self.dir) + f"/spool/{q}" for q in QUEUES]
        roots.append(os.path.realpath(place.home(self.user)) + "/" + self.mailbox.rstrip("/"))
        self.points = Points(self.dir / "points", roots)
        self.preload = {"LD_PRELOAD": str(library), "CRASH_POINTS": str(self.points.path)}
        words = " ".join(f"{k}={v}" for k, v in self.preload.items())
        self.set(import_environment=f"MAIL_CONFIG TZ LANG=C {words}")

    def command(self, name, *args, **more):
        env = {**self.preload, **more.pop("env", {})}
        if name == "sendmail" and self.place.root:
            more.update(user=self.user, group="postdrop", extra_groups=[])
        more.setdefault("timeout", 20)
        return super().command(name, *args, env=env, **more)

    def files(self, *queues):
        """{queue/name: path} of all that lies in the queue folders."""
        return {f"{p.relative_to(self.spool).parts[0]}/{p.name}": p for p in self.queue_files(*queues)}


class World:
    def __init__(self, place, library, settings=None, flush_delay_us=0):
        self.sink = Sink(replies={"RCPT": self.answer_rcpt})
        self.sink.messages = Journal()
        self.closed = False  # later.example does not take mail now
        self.suite = CrashSuite(place, library, {
            "relayhost": self.sink.hop, "alias_maps": "inline:{{ root = %s }, { away = x@far.example }}" % place.users[0],
            **(settings or {})})
        self.points = self.suite.points
        self.points.at.flush_delay_us = flush_delay_us
        self.sent, self.kills, self.seen, self.local = {}, [], {}, []
        self.first_tries = set()
        self.left = set()  # files that nobody will touch for a day
        self.count = 0
        self.restarts = 0

    def start(self):
        self.points.at.frozen = 0
        self.suite.start()

    def start_again(self):
        """After all, or master, have been killed: what is left of the old ones ends by itself first."""
        self.restarts += 1
        self.start()

    def stop(self):
        """
        As an administrator does it.  Agents whose queue manager was killed keep their results for its successor,
        and a suite that stops has none: in the end master kills them, and says so.  What they had was in
        flight (G2) as long as its file is still there, and comes again.
        """
        began, log = time.monotonic(), len(self.suite.log())
        self.admin("sallyport", "stop")
        if "that did not end are killed" in self.suite.log()[log:]:
            self.kills.append(Kill(began, None, {key.split("/")[1] for key in self.suite.files()}))

    def alive(self):
        return self.suite.master_pid() is not None

    def close(self):
        self.points.at.frozen = 0
        try:
            self.suite.close()
        finally:
            self.points.kill_all()
            self.sink.close()

    # ---- the next hop ----

    def answer_rcpt(self, session, line):
        address = line[line.index("<") + 1:line.index(">")]
        local, domain = address.split("@")
        if domain == "refused.example":
            return "550 5.1.1 no such user"
        if domain == "later.example" and self.closed:
            return "451 4.7.1 come again"
        if domain == "second.example" and local not in self.first_tries:
            self.first_tries.add(local)
            return "451 4.7.1 not at the first time"
        return None

    # ---- the client ----

    def name(self, pattern):
        self.count += 1
        return f"{pattern}-{os.getpid()}-{self.suite.port}-{self.count}"

    def promise(self, name, rcpts, returned=()):
        self.sent[name] = Sent(name, list(rcpts), tuple(returned))
        return self.sent[name]

    def send(self, name, rcpts, size=300, returned=(), between=None):
        """One message by SMTP; between() is called in the middle of the envelope."""
        sent = self.promise(name, rcpts, returned)
        client = None
        try:
            client = self.suite.smtp(timeout=20)
            client.ehlo()
            code, _ = client.mail("sender@client.test")
            if between:
                between()
            for rcpt in rcpts:
                code = client.rcpt(rcpt)[0] if code == 250 else code
            if code == 250:
                code, _ = client.data(text_of(name, size))
            sent.said, sent.answered = "yes" if code == 250 else "no", time.monotonic()
            client.close()
        except smtplib.SMTPDataError:
            sent.said = "no"
        except (OSError, smtplib.SMTPException):
            sent.said = "unknown"
        finally:
            if client:
                client.close()
        return sent

    def submit(self, name, rcpts, size=300, returned=()):
        sent = self.promise(name, rcpts, returned)
        try:
            done = self.suite.sendmail("-i", "-f", "sender@client.test", *rcpts, text=text_of(name, size).replace("\r\n", "\n"))
            sent.said, sent.answered = "yes" if done.returncode == 0 else "no", time.monotonic()
        except subprocess.TimeoutExpired:
            sent.said = "unknown"
        return sent

    def admin(self, command, *args, seconds=20):
        """A command of the administrator; its status, or None when it did not end."""
        try:
            return self.suite.command(command, *args, timeout=seconds).returncode
        except subprocess.TimeoutExpired:
            return None

    # ---- what came ----

    def arrivals(self):
        self.look_into_maildir()
        return list(self.sink.messages.arrivals) + self.local

    def look_into_maildir(self):
        new = self.suite.maildir() / "new"
        try:
            names = os.listdir(new)
        except OSError:
            return
        for file in names:
            if file in self.seen:
                continue
            data = (new / file).read_bytes()
            written = (new / file).stat().st_mtime + time.monotonic() - time.time()
            self.seen[file] = True
            rcpt = re.search(rb"^Delivered-To: (\S+)", data, re.M)
            sender = re.search(rb"^Return-Path: <(.*?)>", data, re.M)
            self.local += arrivals_of(data, [rcpt[1].decode() if rcpt else self.suite.address()],
                                      sender[1].decode() if sender else "?", written)

    # ---- coming to rest ----

    def waiting(self):
        """Files of messages that are still on their way."""
        return {key for key in self.suite.files() if not key.startswith("corrupt/")} - self.left

    def owed(self, sents):
        """What was promised and has not come: there is a notice, or it was delivered."""
        got = {(a.name, a.rcpt) for a in self.arrivals()}
        return [(s.name, r) for s in sents if s.said == "yes" and not s.deletion
                for r in s.rcpts if (s.name, None if r in s.returned else r) not in got]

    def at_rest(self, sents):
        return not self.owed(sents) and not self.waiting()

    def settle(self, sents, nudge, seconds=15):
        """
        Until what was promised has arrived and the queue is empty; the administrator helps with nudge().
        Files in incoming/ and maildrop/ that a flush does not move were never finished: they are
        left for the end of the pattern, when it is a day later.  False: it did not come to rest.
        """
        start = time.monotonic()
        nudged = 0.0
        before = set()
        while not self.at_rest(sents):
            now = time.monotonic()
            if now - start > seconds:
                return False
            if now - start > 0.15 and now - nudged > 0.3:
                waiting = self.waiting()
                still = {k for k in waiting & before if k.split("/")[0] in ("incoming", "maildrop")}
                if still and still == waiting and not self.owed(sents):
                    self.left |= still
                    continue
                if not self.alive():
                    self.start_again()
                before = waiting
                nudge()
                self.look_again()
                nudged = time.monotonic()
            time.sleep(0.004)
        return True

    def a_day_later(self, seconds=15):
        """What nobody has finished goes away by itself; gives what does not."""
        self.points.at.shift_s = 25 * 3600
        end = time.monotonic() + seconds
        while self.suite.files() and time.monotonic() < end:
            self.look_again()
            wait_for(lambda: not self.suite.files(), 0.5, 0.02)
        return sorted(self.suite.files())

    def look_again(self):
        """What qmgr and pickup do each minute."""
        self.admin("postqueue", "-f")
        self.wake_pickup()

    def wake_pickup(self):
        """As postdrop does it; the path is too long for a socket's address."""
        folder = os.open(self.suite.spool, os.O_RDONLY)
        try:
            with socket.socket(socket.AF_UNIX) as s:
                s.settimeout(1)
                s.connect(f"/proc/self/fd/{folder}/public/pickup")
        except OSError:
            pass
        finally:
            os.close(folder)

    def kill_program(self, program, pids):
        self.kills.append(Kill(time.monotonic(), program, {key.split("/")[1] for key in self.suite.files()}))
        for pid in pids:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass

    def kill_all(self):
        """All at once; when they are frozen, with a look at the queue as it is."""
        present = {key.split("/")[1] for key in self.suite.files()}
        self.kills.append(Kill(time.monotonic(), None, present))
        self.points.kill_all()
