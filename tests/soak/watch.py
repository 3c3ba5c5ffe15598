# SPDX-License-Identifier: Apache-2.0
"""
watch - reads the log as it grows, line by line against man/log.def, and counts what the processes hold.
"""

import collections
import os
import pathlib
import statistics
import threading
import time

import log_table

BEFORE = 15  # seconds for which a kill explains a warning

KILLED = "process {program} pid {number} {?killed by ?}signal {signal}"
AGENTS, TABLES = {"smtp", "local", "bounce"}, {"proxymap", "trivial-rewrite", "resolver"}
# Which kills explain a warning or an error: the row, and the programs.  What is not here is a fault.
EXPLAINED = {
    "service {service} crashes repeatedly: its new processes take one session each for a while": None,
    "{queue-id}: cleanup: {problem}": {"cleanup", "master"},
    "connect to {service}: {error}": {"cleanup", "master"},
    "client of the cleanup service: {problem}": {"smtpd", "pickup", "bounce", "local", "qmgr"},
    "queue manager: {problem}": {"qmgr"},
    "{queue-id}: transport {transport}: {problem} -- see a previous warning/fatal/panic logfile record for the problem "
    "description": AGENTS,
    "transport {transport}: {problem}": AGENTS,
    "{queue-id}: lost the queue manager ({problem}) before it recorded {number} deliveries; offering them to the next one":
        {"qmgr", "master"},
    # What was delivered before it had a file has no lock that the next one sees: it is delivered again (G2).
    "{queue-id}: a result that a delivery agent offers for recipient {number} was not taken: {problem}": {"qmgr", "master"},
    "connection to master: {problem}": {"master"},
    # Those that end with it still talk, and postlogd has gone.
    "{number} log lines were lost, as the log daemon did not take them": {"master"},
    "request from the queue manager: {problem}": {"qmgr"},
    "request to the queue manager: {problem}": {"cleanup"},
    "service {service}: {problem}; notices are sent later": {"bounce"},
    "{queue-id}: service {service}: {problem}; trying again later": {"bounce"},
    "service {service}: {problem}; asking again until it answers": {"trivial-rewrite"},
    "cannot route {address} now: {problem}": TABLES,
    "{table or address}: {problem}": TABLES,
    "{table or address}: connect to service {service}: {error}": {"master", *TABLES},
    "maildrop/{name}: {problem}": {"cleanup", *TABLES},
    "root stub: {problem}; this process retires": {"local"},
    "{path}: {number} bytes of a torn history record are cut off": {"qmgr"},
}

# What the administrator hears who is one among many: no fault.
HARMLESS = ("{queue-id}: it is being received or delivered just now",)

Warned = collections.namedtuple("Warned", "time row line")


class LogWatch(threading.Thread):
    """Each line has a row in the table; the rows are counted, and warnings and worse are kept with their time."""

    def __init__(self, suite, source):
        super().__init__(daemon=True)
        self.suite, self.table = suite, log_table.rows(source)
        self.near, self.counts, self.lines = {}, collections.Counter(), 0
        self.unknown, self.warned = [], []
        self.ended, self.lock = threading.Event(), threading.Lock()
        self.file, self.rest = None, b""
        self.old = suite.dir / "maillog.old"

    def run(self):
        while not self.ended.wait(0.2):
            self.read()

    def read(self):
        with self.lock:
            self.take()

    def take(self):
        if self.file is None:
            try:
                self.file = open(self.suite.log_file, "rb")
            except OSError:
                return
        while block := self.file.read(1 << 20):
            *lines, self.rest = (self.rest + block).split(b"\n")
            for line in lines:
                self.line(line.decode("utf-8", "replace"))

    def line(self, text):
        self.lines += 1
        parsed = log_table.parse(text)
        row = self.match(parsed) if parsed else None
        if row is None:
            self.unknown.append(text)
            return
        self.counts[row.severity, row.pattern] += 1
        if row.severity != "info" and row.pattern not in HARMLESS:
            self.warned.append(Warned(time.monotonic(), row, parsed))

    def match(self, line):
        """As log_table.match(), among the rows of this program and severity only."""
        key = line.program, line.severity
        if key not in self.near:
            self.near[key] = [r for r in self.table if r.severity == line.severity
                              and (line.program in r.programs or "all" in r.programs)]
        return log_table.match(self.near[key], line)

    def rotate(self):
        """As logrotate does it: renamed, and the reload that follows opens a new one."""
        with self.lock:
            self.take()
            if not self.old.exists() and self.suite.log_file.exists():
                self.suite.log_file.rename(self.old)

    def rotated(self):
        """After the reload: what the old log still got is read, and it goes away."""
        end = time.monotonic() + 20
        while not self.suite.log_file.exists() and time.monotonic() < end:
            time.sleep(0.05)
        time.sleep(1)  # the old postlogd writes what it still has
        with self.lock:
            self.take()
            if self.suite.log_file.exists():
                self.file.close()
                self.file = None
                self.old.unlink(missing_ok=True)

    def stop(self):
        self.ended.set()
        self.join(30)
        self.read()

    # ---- judging ----

    def faults(self, kills, killed):
        """What the log says and should not; kills as judge.py wants them, killed: (program, pid)."""
        out = [f"no row of man/log.def says: {line}" for line in self.unknown[:20]]
        if len(self.unknown) > 20:
            out.append(f"... and {len(self.unknown) - 20} more lines that no row says")
        told = collections.Counter()
        for w in self.warned:
            if w.row.pattern == KILLED and w.line.text.endswith("killed by signal 9"):
                words = w.line.text.split()
                told[os.path.basename(words[1]), int(words[3])] += 1
            elif not explained(w, kills):
                out.append(f"a {w.line.severity} that nothing explains: {w.line.program}: {w.line.text}")
        wanted = collections.Counter(killed)
        out += [f"the log says {n} times that {who[0]} {who[1]} was killed; it was {wanted[who]} times"
                for who, n in told.items() if n != wanted[who]]
        return out + [f"{who[0]} {who[1]} was killed, and the log does not say so" for who in wanted if who not in told]


def explained(w, kills):
    if w.row.pattern not in EXPLAINED:
        return False
    causes = EXPLAINED[w.row.pattern]
    return any(w.time - BEFORE <= k.time <= w.time and (causes is None or k.program in causes) for k in kills)


# ---- what the processes hold ----

KINDS = ("KiB", "descriptors", "threads", "processes")
# What a process may hold more in the last quarter than in the second: this share, and so much beside.  A queue that
# was full for a moment costs memory that the C library keeps; how many processes there are depends on the moment.
SHARE, BESIDE = 1.25, {"KiB": 4096, "descriptors": 20, "threads": 10, "processes": 10}


def too_much(second, last, kind):
    return last > second * SHARE + BESIDE[kind]


def family(pid):
    """A process and all its descendants."""
    out, todo = [], [pid]
    while todo:
        pid = todo.pop()
        out.append(pid)
        try:
            for task in os.listdir(f"/proc/{pid}/task"):
                todo += map(int, pathlib.Path(f"/proc/{pid}/task/{task}/children").read_text().split())
        except OSError:
            pass
    return out


def look_at(pid):
    """(program, {kind: amount}) of one process."""
    folder = pathlib.Path(f"/proc/{pid}")
    rollup = (folder / "smaps_rollup").read_text()
    pss = next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))
    return (folder / "comm").read_text().strip(), {"KiB": pss, "descriptors": len(os.listdir(folder / "fd")),
                                                   "threads": len(os.listdir(folder / "task")), "processes": 1}


def of_all(held, kind):
    return held.get(kind, 0)


def of_one(held, kind):
    """Of one process; of processes, how many there are."""
    return held.get(kind, 0) / (1 if kind == "processes" else max(held.get("processes", 0), 1))


class Sampler(threading.Thread):
    def __init__(self, suite, programs, interval):
        super().__init__(daemon=True)
        self.suite, self.programs, self.interval = suite, programs, interval
        self.samples, self.ended = [], threading.Event()  # [(time, {program: Counter})]

    def run(self):
        while not self.ended.wait(self.interval):
            self.samples.append((time.monotonic(), self.sample()))

    def sample(self):
        out = collections.defaultdict(collections.Counter)
        master = self.suite.master_pid()
        for pid in family(master) if master else []:
            try:
                program, held = look_at(pid)
            except (OSError, StopIteration):
                continue  # it has ended meanwhile
            if program in self.programs:
                out[program].update(held)
        return out

    def stop(self):
        self.ended.set()
        self.join(30)

    def quarters(self, amount):
        """{(program, kind): (median of the second quarter, of the last)} of amount(what the program held, kind)."""
        n = len(self.samples)
        second, last = self.samples[n // 4:n // 2], self.samples[n - n // 4:]
        out = {}
        if n < 8:
            return out
        for program in sorted(self.programs):
            for kind in KINDS:
                out[program, kind] = tuple(statistics.median(amount(s.get(program, {}), kind) for _, s in part)
                                           for part in (second, last))
        return out

    def faults(self):
        """More processes may hold more together, and fewer with more sessions more each: what leaks does both."""
        each, all_ = self.quarters(of_one), self.quarters(of_all)
        return [f"{program}: {last:.0f} {kind} in a process in the last quarter, and {second:.0f} in the second"
                for (program, kind), (second, last) in each.items()
                if too_much(second, last, kind) and too_much(*all_[program, kind], kind)]
