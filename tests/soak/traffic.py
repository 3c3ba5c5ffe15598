# SPDX-License-Identifier: Apache-2.0
"""
traffic - clients that send mail of every kind at a steady rate, and the bulk beside them.

    traffic = Traffic(world, per_second=12); traffic.start(); ...; traffic.stop()
"""

import random
import smtplib
import threading
import time

from soak_world import DOWN, FAR, LATER, REFUSED, SECOND
from support.suite import DOMAIN
from world import text_of

CLIENTS = 6
SIZES = (300, 3000, 30_000, 200_000)
INTERVAL = 2.0  # seconds of bulk at a time
BACKLOG = 20  # seconds of bulk that may be on the way


class Traffic:
    def __init__(self, world, seed, per_second):
        self.world, self.seed, self.per_second = world, seed, per_second
        self.ended = threading.Event()
        self.next, self.lock = time.monotonic(), threading.Lock()
        self.threads = [threading.Thread(target=self.client, args=(i,), daemon=True) for i in range(CLIENTS)]
        self.broken = []

    def start(self):
        for t in self.threads:
            t.start()

    def stop(self):
        self.ended.set()
        for t in self.threads:
            t.join(60)

    def turn(self):
        """Waits for this client's turn; a client that was kept waiting does not catch up."""
        with self.lock:
            now = time.monotonic()
            self.next = max(self.next, now - 1) + 1 / self.per_second
            wait = self.next - now
        return not self.ended.wait(max(wait, 0))

    def client(self, number):
        rng = random.Random(f"{self.seed} client {number}")
        kinds = [self.relay] * 4 + [self.session] * 2 + [self.local] * 2 + [
            self.many, self.pipe, self.submit, self.submit_local, self.unknown, self.refused, self.second, self.down, self.later,
            self.broken_off, self.noise]
        while self.turn():
            try:
                rng.choice(kinds)(rng)
            except Exception as why:  # the soak itself is broken, and says so at the end
                self.broken.append(f"{type(why).__name__}: {why}")
                time.sleep(1)

    # ---- by SMTP ----

    def send(self, items):
        """Messages of (sent, size) in one session, until it breaks off."""
        client = None
        try:
            client = self.world.suite.smtp(timeout=60)
            client.ehlo()
            for sent, size in items:
                sent.said = "no"
                if not self.envelope(client, sent):
                    continue
                sent.said = "unknown"
                try:
                    code, _ = client.data(text_of(sent.name, size))
                except smtplib.SMTPDataError as why:
                    code = why.smtp_code
                sent.said, sent.answered = "yes" if code == 250 else "no", time.monotonic()
            client.quit()
        except (OSError, smtplib.SMTPException):
            time.sleep(0.05)
        finally:
            if client:
                client.close()

    def envelope(self, client, sent):
        codes = [client.mail("sender@client.test")[0]] + [client.rcpt(r)[0] for r in sent.rcpts]
        if all(code == 250 for code in codes):
            return True
        client.rset()
        return False

    def one(self, kind, rcpts, size=300, returned=False):
        name = self.world.name(kind)
        rcpts = [r.format(name=name) for r in rcpts]
        return self.world.promise(name, rcpts, rcpts if returned else ()), size

    def relay(self, rng):
        self.send([self.one("relay", ["{name}@" + FAR], rng.choice(SIZES))])

    def session(self, rng):
        for_all = ["{name}@" + FAR]
        # Begun one after the other: what is behind a break was never sent.
        self.send([self.one("session", for_all, rng.choice(SIZES[:3])) for _ in range(3)])

    def many(self, rng):
        self.send([self.one("many", [f"{{name}}.{i}@{FAR}" for i in range(rng.randint(2, 8))], 3000)])

    def local(self, rng):
        self.send([self.one("local", [self.world.suite.address()], rng.choice(SIZES))])

    def pipe(self, rng):
        self.send([self.one("pipe", [f"pipe@{DOMAIN}"], rng.choice(SIZES[:3]))])

    def refused(self, rng):
        self.send([self.one("refused", ["{name}@" + REFUSED], returned=True)])

    def second(self, rng):
        self.send([self.one("second", ["{name}@" + SECOND], rng.choice(SIZES))])

    def down(self, rng):
        self.send([self.one("down", ["{name}@" + DOWN])])

    def later(self, rng):
        self.send([self.one("later", ["{name}@" + LATER])])

    def broken_off(self, rng):
        """A client that goes away in the middle of a message, or before it has said all of the envelope."""
        sent, size = self.one("broken", ["{name}@" + FAR], rng.choice(SIZES))
        sent.said = "no"
        try:
            with self.world.suite.smtp(timeout=60) as client:
                client.ehlo()
                if rng.random() < 0.7 and self.envelope(client, sent) and client.docmd("DATA")[0] == 354:
                    client.send(text_of(sent.name, size)[:-rng.randint(1, 200)])
                client.close()
        except (OSError, smtplib.SMTPException):
            time.sleep(0.05)

    def noise(self, rng):
        """A client that asks much and sends nothing."""
        try:
            with self.world.suite.smtp(timeout=60) as client:
                for _ in range(rng.randint(1, 8)):
                    client.docmd(rng.choice(("NOOP", "RSET", "HELP", "EHLO client.test", "DATA", "RCPT TO:<a@far.example>", "FOO",
                                             "MAIL FROM:<a@client.test> SIZE=99999999999")))
        except (OSError, smtplib.SMTPException):
            time.sleep(0.05)

    # ---- by sendmail ----

    def call(self, kind, rcpt, returned=False):
        name = self.world.name(kind)
        rcpts = [rcpt.format(name=name)]
        self.world.submit(name, rcpts, returned=rcpts if returned else ())

    def submit(self, rng):
        self.call("submit", "{name}@" + FAR)

    def submit_local(self, rng):
        self.call("submit-local", self.world.suite.address())

    def unknown(self, rng):
        self.call("unknown", "{name}@" + DOMAIN, returned=True)


class BulkTraffic(threading.Thread):
    """The bench's client at a share of what it can do when nothing else holds it up."""

    def __init__(self, world):
        super().__init__(daemon=True)
        self.world, self.bulk, self.rate = world, world.bulk, 0.0
        self.ended, self.broken = threading.Event(), []

    def calibrate(self, seconds):
        """Messages a second, from the first connection to the last delivery, as fast as they are taken."""
        start, n, limit = time.monotonic(), 0, time.monotonic() + seconds
        while time.monotonic() < limit:
            n += self.bulk.send(300)
        end = time.monotonic() + 60
        while self.bulk.arrived < self.bulk.promised and time.monotonic() < end:
            time.sleep(0.02)
            self.bulk.read()
        return n / (time.monotonic() - start)

    def run(self):
        while not self.ended.is_set():
            start = time.monotonic()
            try:
                if self.bulk.promised - self.bulk.arrived < BACKLOG * self.rate + 100:
                    self.bulk.send(max(int(self.rate * INTERVAL), 1))
            except Exception as why:  # told at the end
                self.broken.append(f"bulk: {type(why).__name__}: {why}")
            self.ended.wait(max(start + INTERVAL - time.monotonic(), 0.01))

    def stop(self):
        self.ended.set()
        self.join(200)
