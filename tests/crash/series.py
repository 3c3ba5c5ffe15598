# SPDX-License-Identifier: Apache-2.0
"""
series - one pattern on one suite: a clean run that counts, then a run for each point and what happens there.

A point's run is a message of its own, so that one suite serves them all; master restarts what was
killed, and where all were killed the harness starts the suite again.
"""

import collections
import dataclasses
import errno
import re
import threading
import time

import judge
from judge import Finding, verdict
from shared import CHANGE, ERROR, FREEZE, FULL, KILL, OPEN, READ, SAY, SHORT, CLASS_NAMES, Target
from support.suite import wait_for
from world import World

ACTION_NAMES = {KILL: "kill", FREEZE: "kill-all", ERROR: "error", FULL: "full", SHORT: "short"}
ERRORS = {
    "create": ("ENOSPC", "EIO", "EMFILE"), "open": ("EIO", "EMFILE"), "write": ("ENOSPC", "EIO"),
    "writev": ("ENOSPC", "EIO"), "pwrite": ("ENOSPC", "EIO"), "pwritev": ("ENOSPC", "EIO"),
    "fsync": ("EIO", "ENOSPC"), "fdatasync": ("EIO", "ENOSPC"), "syncfs": ("EIO",), "rename": ("ENOSPC", "EIO"),
    "link": ("ENOSPC", "EIO"), "unlink": ("EIO",), "mkdir": ("ENOSPC",), "ftruncate": ("EIO",), "fchmod": ("EIO",),
    "futimens": ("EIO",), "fallocate": ("ENOSPC",), "read": ("EIO",), "pread": ("EIO",), "sendfile": ("EIO",),
    "socket": ("EMFILE",), "accept": ("EMFILE",), "dup": ("EMFILE",),
}
FLUSHES = ("fsync", "fdatasync", "syncfs")
SPACIOUS = ("create", "write", "writev", "pwrite", "pwritev", "mkdir", "link", "fsync", "fdatasync")  # needs_space() of points.c
SHORTENED = ("write", "writev", "pwrite", "pwritev", "sendfile")
LATE = 0.25  # seconds in which the last calls come after all has arrived


@dataclasses.dataclass
class Result:
    pattern: str
    tried: int = 0
    unreached: int = 0
    repeated: int = 0
    restarts: int = 0
    seconds: float = 0.0
    skipped: int = 0  # for want of time
    broken: str = ""  # why the harness could not go on
    findings: list = dataclasses.field(default_factory=list)

    def count(self, *faults):
        return sum(f.fault in faults for f in self.findings)


def told(target):
    """A point as --only takes it."""
    side = "after" if target.after else "before"
    what = ACTION_NAMES[target.action]
    if target.error:
        what = errno.errorcode[target.error] + ("-on" if target.action == FULL else "")
    return f"{target.program}:{CLASS_NAMES[target.cls]}:{target.n}:{side}:{what}"


def parse(text):
    """The opposite of told()."""
    program, cls, n, side, what = text.split(":")
    classes = {name: number for number, name in CLASS_NAMES.items()}
    actions = {name: number for number, name in ACTION_NAMES.items()}
    error = 0
    if what not in actions:
        error = getattr(errno, what.removesuffix("-on"))
        what = "full" if what.endswith("-on") else "error"
    return Target(program, classes[cls], int(n), side == "after", actions[what], error)


def kills_of(calls, classes=(CHANGE, SAY)):
    """Before and behind each call: the process, then the whole suite."""
    return [Target(c.program, c.cls, c.n, after, action)
            for action in (KILL, FREEZE) for c in calls if c.cls in classes for after in (False, True)]


def errors_of(calls):
    out = []
    for c in calls:
        if c.cls == SAY and c.kind != "sendfile":
            continue
        out += [Target(c.program, c.cls, c.n, False, ERROR, getattr(errno, e)) for e in ERRORS.get(c.kind, ())]
        if c.kind in SHORTENED and c.cls == CHANGE:
            out.append(Target(c.program, c.cls, c.n, False, SHORT))
        if c.kind in ("create", "write", "pwrite", "pwritev", "fsync", "fdatasync"):
            out.append(Target(c.program, c.cls, c.n, False, FULL, errno.ENOSPC))
    return out


class Series:
    def __init__(self, place, library, pattern):
        self.pattern = pattern()
        self.world = World(place, library, self.pattern.settings, self.pattern.flush_delay_us)
        self.result = Result(self.pattern.name)
        self.calls = []
        self.kinds = {}
        self.struck = {}  # by target: the calls that were hit
        self.names = []
        self.logs = []  # of the runs in which something was found

    def __enter__(self):
        self.world.start()
        return self

    def __exit__(self, *what):
        self.world.close()

    def sents(self, name):
        return [s for n, s in self.world.sent.items() if n == name or n.startswith(name + "-")]

    def nudge(self):
        self.pattern.nudge(self.world)

    def rest(self, name, seconds=15):
        return self.world.settle(self.sents(name), self.nudge, seconds)

    def warm(self):
        """Every process that this pattern needs is there and has served."""
        for _ in range(2):
            name = self.world.name(self.pattern.name)
            self.pattern.before(self.world, name)
            self.pattern.act(self.world, name)
            assert self.rest(name), f"{name} does not work without any disturbance\n{self.world.suite.log()[-3000:]}"
        time.sleep(LATE)

    def count(self):
        """The calls of a clean run, the same point once; the larger of two runs."""
        found = {}
        for _ in range(2):
            name = self.world.name(self.pattern.name)
            self.pattern.before(self.world, name)
            self.world.points.arm()
            self.pattern.act(self.world, name)
            assert self.rest(name), self.world.suite.log()[-3000:]
            time.sleep(LATE)
            self.world.points.disarm()
            for c in self.world.points.calls():
                found.setdefault((c.program, c.cls, c.n), c)
            self.judge(name, None)
        self.calls = sorted(found.values(), key=lambda c: (c.program, c.cls, c.n))
        self.kinds = {k: f"{c.kind} {self.shorter(c.path)}" for k, c in found.items()}
        return self.calls

    def shorter(self, path):
        return path.replace(str(self.world.suite.spool) + "/", "").replace(str(self.world.suite.maildir()), "Maildir")

    def act(self, name, failed):
        try:
            self.pattern.act(self.world, name)
        except Exception as why:  # told by whoever joins the thread
            failed.append(why)

    def reached(self, name, thread):
        """Until the point is hit; False: all came to rest without it."""
        points, since, over = self.world.points, None, None
        end = time.monotonic() + 60
        while not points.fired() and time.monotonic() < end:
            now = time.monotonic()
            over = None if thread.is_alive() else over or now
            since = since or now if over and self.world.at_rest(self.sents(name)) else None
            if (since and now - since > LATE) or (over and now - over > 2):
                return False
            time.sleep(0.001)
        return points.fired()

    def run(self, target):
        """One message, disturbed once."""
        world, start, restarts = self.world, time.monotonic(), self.world.restarts
        name = world.name(self.pattern.name)
        log, findings = len(world.suite.log()), len(self.result.findings)
        self.pattern.before(world, name)
        failed = []
        thread = threading.Thread(target=self.act, args=(name, failed))
        world.points.arm(target)
        thread.start()
        hit = self.reached(name, thread)
        if hit and target.action == FREEZE:
            world.kill_all()
        elif hit and target.action == KILL:
            world.kill_program(target.program, [])
        if target.action != FULL:
            world.points.disarm()
        thread.join(60)
        world.points.disarm()
        self.struck[target] = self.struck_calls(target) if hit else []
        if failed:
            raise failed[0]
        if target.action == KILL and target.program == "master":
            wait_for(lambda: not world.alive(), 5, 0.002)
        if not world.alive():
            world.start_again()
        disturbed = target.action in (ERROR, FULL, SHORT)
        rested = self.rest(name, 4 if disturbed else 15)
        if not rested and disturbed:
            rested = self.next_start(name)
        if not rested:
            self.found(target, Finding("stuck", name, f"in the queue after 15 s: {sorted(world.waiting())}"))
            world.left |= world.waiting()
        self.result.tried += hit
        self.result.unreached += not hit
        self.judge(name, target)
        self.result.seconds += time.monotonic() - start
        self.result.restarts += world.restarts - restarts
        if len(self.result.findings) > findings:
            self.logs.append(f"{told(target)}:\n{world.suite.log()[log:][-6000:]}")
        return hit

    def struck_calls(self, target):
        """What was disturbed in the run just over: the n-th call is not the same in every run."""
        calls = [c for c in self.world.points.calls() if (c.program, c.cls) == (target.program, target.cls)]
        return [c for c in calls if c.n == target.n or (target.action == FULL and c.n > target.n and c.kind in SPACIOUS)]

    def next_start(self, name):
        """What could not be written or removed, the next start tries again."""
        self.world.stop()
        self.world.start_again()
        return self.rest(name)

    def found(self, target, finding):
        where = ""
        if target:
            where = f"{told(target)} ({self.kind(target)}): "
        self.result.findings.append(finding._replace(text=f"{self.pattern.name}/{where}{finding.text}"))

    def judge(self, name, target):
        findings, repeated = verdict(self.world, self.sents(name))
        if target and target.program == self.pattern.promises and self.has_failed(target, *FLUSHES):
            arrivals = [a for a in self.world.arrivals() if a.name == name]
            findings += judge.judge_promise(self.world.sent[name], arrivals)
        self.names.append((name, target))
        for f in findings:
            if f.fault == "excess" and self.is_unwritable_record(target):
                repeated += 1
            else:
                self.found(target, f)
        self.result.repeated += repeated

    def is_unwritable_record(self, target):
        """
        A delivery that could not be written down is made again (G2: it was in flight, as far as the file
        says); the log says so.  What was written in part has to be written to its end.
        """
        return target and target.program == "qmgr" and self.has_failed(target, "pwrite", "pwritev")

    def has_failed(self, target, *kinds):
        return target.action in (ERROR, FULL) and any(c.kind in kinds for c in self.struck[target])

    def kind(self, target):
        for c in self.struck.get(target, ()):
            return f"{c.kind} {self.shorter(c.path)}"
        return self.kinds.get((target.program, target.cls, target.n), "?")

    def end(self):
        """A day later: nothing is left, and nothing came that was not told before."""
        before = len(self.world.arrivals())
        for key in self.world.a_day_later():
            self.found(None, Finding("left", key, f"{key} is still there a day later"))
        if len(self.world.arrivals()) != before:
            for name, target in self.names:
                had = {f.name for f in self.result.findings}
                for f in verdict(self.world, self.sents(name))[0]:
                    if f.name not in had:
                        self.found(target, f)
        for line in crash_lines(self.world.suite.log()):
            self.found(None, Finding("crashed", "", line))
        return self.result


def crash_lines(log):
    """Daemons that died of something else than our SIGKILL."""
    return [line for line in log.splitlines()
            if re.search(r"assert|must_hold|(fatal|killed by) signal (?!9\b)", line)]
