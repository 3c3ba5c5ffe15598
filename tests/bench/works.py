# SPDX-License-Identifier: Apache-2.0
"""
works - the table of the works that are measured, with their goals.

A goal counts how many times better than Postfix a measure has to be, or names a bound; beside it stands the
value below which it has failed.  Groups share one start of a mail system, in this order.
"""
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Goal:
    """measure (a key of the records); kind: "times" better than Postfix, "most" or "least" of the value, "ahead" of a peer."""
    measure: str
    goal: float
    failed: float
    kind: str = "times"
    peer: str = "postfix"


@dataclass(frozen=True)
class Work:
    name: str
    title: str
    group: str
    measure: str                    # the function of measure.py
    load: dict = field(default_factory=dict)
    goals: tuple = ()
    unit: str = "msg"               # what rate, CPU, switches and flushes are counted by
    scale: float = 1.0              # units in one message
    memory: str = "MB"


def relay(name, title, load, goals, **more):
    return Work(name, title, "relay", "relay", load, goals, **more)


def times(measure, goal, failed):
    return Goal(measure, goal, failed)


def table(name, title, measure, load, goal=1, unit="1,000", memory="MB RSS"):
    """Of lookup tables: the other mail systems have no postmap."""
    return Work("table-" + name, title, "tables", measure, load, (times("rate", goal, goal * 0.8),), unit=unit, memory=memory)


MEBI = 1048576
INDEXED, PATTERNS = ["hash", "btree", "lmdb", "cdb"], ["regexp", "pcre"]
TABLES = [
    *(table("build-" + kind, f"{kind}: index of 1,000,000 lines", "build", {"type": kind}) for kind in INDEXED),
    *(table("ask-" + kind, f"{kind}: 1,000,000 keys asked", "ask", {"type": kind}, 2 if kind in ("lmdb", "cdb") else 1)
      for kind in INDEXED + ["texthash"]),
    *(table("ask-" + kind, f"{kind}: 5,000 keys, 1,000 rules", "ask", {"type": kind}) for kind in PATTERNS),
    table("alias", "alias of 10,000 addresses", "alias", {"sessions": 1, "to": "all@alias.example", "expands": 10000},
          unit="rcpt", memory="MB"),
    table("proxymap", "50 clients of one proxymap", "proxied", {"type": "hash", "sessions": 50}, memory="MB afterwards"),
]
WORKS = [
    relay("relay1", "relay 4 KB, 1 session", {"sessions": 1}, (times("rate", 2, 1.5), times("p50", 2, 1.5))),
    relay("fan1000", "one message to 1,000 recipients", {"sessions": 1, "rcpts": 1000, "pipelining": True},
          (times("rate", 6, 3), Goal("rate", 1, 1, "ahead", "exim")), unit="rcpt", scale=1000),
    Work("submit1", "500 sendmail calls, 1 at a time", "relay", "submit", {"sessions": 1}, (times("rate", 4, 2),)),
    Work("submit8", "500 sendmail calls, 8 at a time", "relay", "submit", {"sessions": 8}, (times("rate", 4, 2),)),
    relay("relay10", "relay 4 KB, 10 sessions", {"sessions": 10}, (times("rate", 4, 2.5),)),
    relay("relay1m", "relay 1 MB, 10 sessions", {"sessions": 10, "length": MEBI}, (times("rate", 3, 2), times("cpu", 4, 3)),
          unit="MB", scale=MEBI / 1e6),
    relay("relay50", "relay 4 KB, 50 sessions", {"sessions": 50}, (times("rate", 4, 2.5), times("cpu", 5, 2))),
    relay("many50", "relay 4 KB, 50 sessions, 100 a connection", {"sessions": 50, "perconn": 100}, (times("rate", 5, 3),)),
    relay("relay200", "relay 4 KB, 200 sessions", {"sessions": 200}, (times("rate", 4, 2.5),)),
    Work("maildir1", "Maildir, one user, 10 sessions", "local", "maildir", {"sessions": 10, "users": 1}, (times("rate", 3, 2),)),
    Work("maildir100", "Maildir, 100 users, 10 sessions", "local", "maildir", {"sessions": 10, "users": 100},
         (times("rate", 3, 2),)),
    Work("idle2000", "2,000 idle sessions", "idle", "idle", {"sessions": 2000, "one_more": True},
         (Goal("memory", 25, 40, "most"), Goal("p50", 10, 1000, "most")), unit="session", memory="KiB"),
    Work("clients1000", "1,000 clients, default limits", "default", "idle", {"sessions": 1000},
         (Goal("served", 1000, 1000, "least"), Goal("p99", 10, 1000, "most")), unit="session", memory="KiB"),
    Work("deferred", "20,000 deferred: to take them", "deferred", "deferred", {"sessions": 20}, (Goal("memory", 8, 16, "most"),),
         memory="MB qmgr"),
    Work("listing", "20,000 deferred: to list them", "deferred", "", {}, (times("rate", 4, 2),), memory=""),
    Work("restart", "20,000 deferred: restart to greeting", "deferred", "", {}, (times("p50", 10, 5),), memory="MB qmgr"),
    *TABLES,
]
GROUPS = ["relay", "local", "idle", "default", "tables", "deferred"]
BY_NAME = {work.name: work for work in WORKS}

# What a peer cannot do, and how it is measured instead; a text stands for "not at all".
OPENSMTPD = {
    "sessions": 10,     # a listen backlog of 5
    "deferred": 5000,
    "per_second": 36,   # its delivery waits for delayed acknowledgements: not more than it delivers in the time
    "submit1": "its set-gid smtpctl does not work in the mount namespace that its fixed paths need",
    "submit8": "its set-gid smtpctl does not work in the mount namespace that its fixed paths need",
}
# The other numbers are smaller where the full ones would take minutes.
NO_POSTMAP = {work.name: "it has no postmap" for work in TABLES}
PEERS = {"opensmtpd": OPENSMTPD | NO_POSTMAP, "exim": {"deferred": 500, "calls": 100} | NO_POSTMAP, "postfix": {"idle2000": 500}}
MTAS = ["sallyport", "postfix", "exim", "opensmtpd"]
