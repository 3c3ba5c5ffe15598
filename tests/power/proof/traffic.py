# SPDX-License-Identifier: Apache-2.0
"""
traffic - a suite whose queue and Maildirs are on a disk of ours, its next hop, and everything that can happen to mail.

Clients by SMTP and sendmail, relay, local delivery, bounces, deferrals, hold, release, requeue, delete,
with pauses in between: what is due within a second after the last event is not hurried along by
the next one's flush.
"""

import os
import random
import re
import shutil
import smtplib
import threading
import time

from support.sink import Sink
from support.suite import Suite, wait_for

from .letters import ADDRESS, LETTER, Journal

SETTINGS = {"minimal_backoff_time": "1s", "maximal_backoff_time": "2s", "queue_run_delay": "1s",
            "transport_retry_time": "1s", "bounce_queue_lifetime": "1h"}
QUEUES = ("maildrop", "incoming", "active", "deferred", "hold", "corrupt")
SIZES = (300, 300, 3000, 3000, 20000, 150000)
QUIET = 2.2  # seconds of a pause


class DiskSuite(Suite):
    """A suite with spool and Maildir in `disk`; its log and all the rest are elsewhere."""

    def __init__(self, place, disk, hop):
        super().__init__(place, dict(SETTINGS, queue_directory=disk / "spool", relayhost=hop))
        self.spool, self.box = disk / "spool", disk / "box"
        for folder in (self.spool, self.box):
            folder.mkdir(exist_ok=True)
        self.box.chmod(0o700)
        shutil.chown(self.box, self.user, self.user)
        self.link = place.home(self.user) / self.mailbox.rstrip("/")
        self.link.symlink_to(self.box)

    def left(self):
        """
        What is still to be done.  Not: what cannot be read, in corrupt/; and what was never accepted, a file whose
        drop or trailer is missing, which pickup and qmgr leave alone until it is old.
        """
        for path in self.queue_files("maildrop"):
            if path.stat().st_mode & 0o100:
                yield path
        for path in self.queue_files("incoming"):
            if self.command("postcat", "-e", path).returncode == 0:
                yield path
        yield from self.queue_files("active", "deferred", "hold")

    def wait_for_quiet(self):
        def quiet():
            try:
                return not list(self.left())
            except FileNotFoundError:
                return False

        assert wait_for(quiet, 60, 0.1), f"still in the queue: {list(self.left())}\n{self.log()[-4000:]}"

    def close(self):
        try:
            super().close()
        finally:
            self.link.unlink(missing_ok=True)


class NextHop(Sink):
    """It refuses the bad, has no time for the late until `patient` is false, and tells arrived() the rest."""

    def __init__(self, arrived, port=0):
        super().__init__(replies={"RCPT": self.recipient, ".": self.taken}, port=port)
        self.patient, self.arrived = False, arrived

    def recipient(self, session, line):
        found = ADDRESS.match(line.split("<", 1)[1])
        if found and found[1] == "bad":
            return "550 5.1.1 nobody of that name"
        if found and found[1] == "late" and self.patient:
            return "450 4.2.0 later"
        return None

    def taken(self, session, line):
        for address, _ in session.rcpts:
            self.arrived(address.split("@")[0].lower())


class Watch(threading.Thread):
    """Sees what comes into the Maildir, without reading the folder when nothing has changed."""

    def __init__(self, suite, journal):
        super().__init__(daemon=True)
        self.suite, self.journal, self.over = suite, journal, threading.Event()

    def run(self):
        new, seen, changed = self.suite.box / "new", set(), None
        while not self.over.wait(0.01):
            try:
                if new.stat().st_mtime_ns == changed:
                    continue
                changed = new.stat().st_mtime_ns
                names = set(os.listdir(new))
            except OSError:
                continue
            for name in names - seen:
                self.journal.arrival(("file", name))
            seen |= names


def name_local_arrivals(box, journal):
    """What the watch saw as files were these letters."""
    for path in (box / "new").glob("*"):
        found = LETTER.search(path.read_bytes())
        journal.arrived[("local", int(found[1]))] += journal.arrived.pop(("file", path.name), [])


class Traffic:
    def __init__(self, suite, hop, journal, seed):
        self.suite, self.hop, self.journal, self.seed = suite, hop, journal, seed
        self.trouble = []

    # ---- clients ----

    def by_smtp(self, letter):
        """The queue id."""
        with self.suite.smtp() as client:
            client.ehlo()
            client.mail(letter.sender)
            for address in letter.addresses:
                code, text = client.rcpt(address)
                assert code == 250, (code, text)
            code, text = client.data(letter.text("\r\n"))
        if code != 250:
            raise smtplib.SMTPDataError(code, text)
        letter.acknowledged = self.journal.now()
        return re.search(r"queued as (\w+)", text.decode())[1]

    def by_sendmail(self, letter):
        done = self.suite.sendmail("-f", letter.sender, *letter.addresses, text=letter.text("\n"))
        assert done.returncode == 0, done.stderr
        letter.acknowledged = self.journal.now()

    def letter(self, kinds, size=300):
        return self.journal.letter(kinds, size, self.suite.address())

    def client(self, random, send, count):
        for _ in range(count):
            kinds = random.choice((["relay"], ["relay"], ["local"], ["local"], ["bad"], ["relay", "local"],
                                   ["bad", "local", "relay"], ["late", "relay"], ["late", "local"]))
            send(self.letter(kinds, random.choice(SIZES)))
            time.sleep(random.choice((0, 0, 0.02, 0.2)))

    # ---- the administrator ----

    def super(self, *args):
        return self.suite.command("postsuper", *args).returncode

    def deferred(self, extra=()):
        """A letter that waits: its number and queue id."""
        letter = self.letter(["late", *extra])
        queue_id = self.by_smtp(letter)
        assert wait_for(lambda: list((self.suite.spool / "deferred").rglob(queue_id)), 10), f"{queue_id} is not deferred"
        return letter, queue_id

    def delete(self, letter, queue_id):
        letter.delete_began = self.journal.now()
        if self.super("-d", queue_id) == 0 and not any(p.name == queue_id for p in self.suite.queue_files()):
            letter.deleted = self.journal.now()

    def administrator(self, random):
        held, held_id = self.deferred()
        gone, gone_id = self.deferred()
        again, again_id = self.deferred(["local"])
        self.super("-h", held_id)
        self.delete(gone, gone_id)
        self.super("-r", again_id)
        time.sleep(random.choice((0.1, QUIET)))
        self.super("-H", held_id)
        last, last_id = self.deferred()
        self.super("-h", last_id)
        if random.random() < 0.5:
            self.super("-r", last_id)
        else:
            self.delete(last, last_id)

    # ---- all of it ----

    def guarded(self, function, *args):
        def work():
            try:
                function(*args)
            except Exception as why:  # told at the end of the round
                self.trouble.append(f"{function.__name__}: {why!r}")

        return threading.Thread(target=work, daemon=True)

    def round(self, number, count):
        def chance(who):
            return random.Random(f"{self.seed} {number} {who}")

        self.hop.patient = True
        workers = [self.guarded(self.client, chance(0), self.by_smtp, count),
                   self.guarded(self.client, chance(1), self.by_smtp, count),
                   self.guarded(self.client, chance(2), self.by_sendmail, count // 2),
                   self.guarded(self.administrator, chance(3))]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join(120)
        time.sleep(QUIET)
        self.hop.patient = False
        self.suite.command("postqueue", "-f")
        time.sleep(QUIET)
        assert not self.trouble, "\n".join(self.trouble) + "\n" + self.suite.log()[-3000:]


def run_traffic(place, disk, seed, rounds, count, say):
    """The journal of all that was sent and that arrived; the suite is stopped at the end."""
    journal = Journal(disk.position)
    with NextHop(journal.arrival) as hop:
        journal.port = hop.port
        suite = DiskSuite(place, disk.mount, hop.hop)
        watch = Watch(suite, journal)
        try:
            suite.start()
            watch.start()
            traffic = Traffic(suite, hop, journal, seed)
            for number in range(rounds):
                traffic.round(number, count)
                say(f"round {number + 1} of {rounds}: {len(journal.acknowledged())} letters acknowledged, "
                    f"{disk.position() >> 20} MB recorded")
            suite.reload()
            suite.wait_for_quiet()
            time.sleep(QUIET)
            name_local_arrivals(suite.box, journal)
        finally:
            watch.over.set()
            suite.stop()
            shutil.copy(suite.log_file, disk.log.with_name("maillog"))
            suite.close()
    return journal
