# SPDX-License-Identifier: Apache-2.0
"""
trouble - what goes wrong, and what the administrator does, while mail flows: all of it from one seed.

Daemons are killed, hosts go away and come back, the configuration is read anew (and the log rotated), deferred
messages are held, released, requeued and deleted.
"""

import collections
import json
import random
import re
import threading
import time

from soak_world import LATER
from support.suite import wait_for

MASTERS = 0.05  # the share of master among the killed
# Not postlogd, with which lines of the log would go that are counted here.
VICTIMS = ("smtpd", "cleanup", "qmgr", "smtp", "local", "bounce", "pickup", "trivial-rewrite", "proxymap", "resolver", "showq")


class Trouble(threading.Thread):
    def __init__(self, world, log, seed, pace):
        """pace: mean seconds between two events of a kind, by its name."""
        super().__init__(daemon=True)
        self.world, self.log, self.pace = world, log, pace
        self.rng = random.Random(f"{seed} trouble")
        self.ended, self.broken = threading.Event(), []
        self.done = collections.Counter()
        self.held = []

    def run(self):
        kinds = {"kill": self.kill, "reload": self.reload, "admin": self.admin, "look": self.look, "down": self.toggle_down,
                 "later": self.toggle_later}
        due = {name: time.monotonic() + self.rng.uniform(0.5, 1.5) * self.pace[name] for name in kinds}
        while not self.ended.is_set():
            name = min(due, key=due.get)
            if self.ended.wait(max(due[name] - time.monotonic(), 0)):
                break
            try:
                kinds[name]()
            except Exception as why:  # told at the end
                self.broken.append(f"{name}: {type(why).__name__}: {why}")
            due[name] = time.monotonic() + self.rng.uniform(0.5, 1.5) * self.pace[name]

    def stop(self):
        self.ended.set()
        self.join(120)

    def kill(self):
        if self.rng.random() < MASTERS:
            self.kill_master()
            return
        program = self.rng.choice(VICTIMS)
        pids = sorted(self.world.suite.pids(program))
        if pids and self.world.kill(program, self.rng.choice(pids)):
            self.done[f"kill {program}"] += 1

    def kill_master(self):
        """The others end by themselves, and the administrator starts it again."""
        pid = self.world.suite.master_pid()
        if pid and self.world.kill("master", pid):
            self.world.killed.pop()  # nobody is left to say it
            self.done["kill master"] += 1
            wait_for(lambda: not self.world.alive(), 10, 0.01)
            self.world.suite.start()

    def reload(self):
        self.log.rotate()
        status = self.world.admin("sallyport", "reload", seconds=60)
        self.log.rotated()
        self.done["reload" if status == 0 else "reload failed"] += 1
        if status != 0:
            self.broken.append(f"sallyport reload ended with status {status}")

    def toggle_down(self):
        if self.world.down:
            self.world.take_down()
            self.done["host down"] += 1
        else:
            self.world.bring_up()

    def toggle_later(self):
        self.world.closed = not self.world.closed

    # ---- the administrator ----

    def look(self):
        """What changes nothing."""
        command = self.rng.choice((("postqueue", "-p"), ("postqueue", "-f"), ("mailq",), ("sallyport", "status"),
                                   ("postconf", "-n"), ("postsuper", "-d", "NOSUCHID99"), ("sallyport", "check")))
        if self.world.admin(*command, seconds=60) is None:
            self.broken.append(f"{' '.join(command)} did not end in a minute")
        self.done["look"] += 1

    def waiting(self):
        """{queue id: name} of deferred messages that a command may be tried on."""
        done = self.world.suite.command("postqueue", "-j", timeout=60)
        out = {}
        for line in done.stdout.splitlines():
            try:
                entry = json.loads(line)
            except ValueError:
                continue  # the listing broke off, when showq was killed
            for rcpt in entry.get("recipients", []):
                name, _, domain = rcpt["address"].partition("@")
                if domain == LATER and name in self.world.sent and entry["queue_name"] == "deferred":
                    out[entry["queue_id"]] = name
        return out

    def postsuper(self, option, qid):
        done = self.world.suite.command("postsuper", option, qid, timeout=60)
        text = done.stdout + done.stderr
        good = done.returncode == 0 and re.search(r": 1 message$", text, re.M) is not None
        self.done[f"postsuper {option}" + ("" if good else " in vain")] += 1
        return good

    def admin(self):
        if self.held and self.rng.random() < 0.4:
            self.postsuper("-H", self.held.pop(self.rng.randrange(len(self.held))))
            return
        waiting = self.waiting()
        if not waiting:
            return
        qid = self.rng.choice(sorted(waiting))
        sent = self.world.sent[waiting[qid]]
        what = self.rng.choice(("-h", "-r", "-d"))
        if what == "-h" and self.postsuper("-h", qid):
            self.held.append(qid)
        elif what == "-r":
            sent.requeued = True
            self.postsuper("-r", qid)
        elif what == "-d" and not sent.requeued:  # of which a crash may have left a second copy
            sent.deletion = "asked"
            if self.postsuper("-d", qid):
                sent.deletion = "done"

    def end_all(self):
        """All hosts are there again, and nothing is held."""
        self.world.closed = False
        self.world.bring_up()
        self.world.admin("postsuper", "-H", "ALL", seconds=60)
