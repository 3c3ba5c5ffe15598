# SPDX-License-Identifier: Apache-2.0
"""Half a minute of mixed load with kills, reloads and lost hosts.  make check-soak does it for half an hour."""

import collections
import os
import pathlib
import subprocess
import sys
import time
import types

import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.append(str(HERE.parent / "soak"))

import watch  # noqa: E402

Kill = collections.namedtuple("Kill", "time program")


@pytest.mark.limit(120)
def test_soak(place):
    env = dict(os.environ, SALLYPORT_BUILD=str(place.build), SALLYPORT_SOURCE=str(place.source))
    done = subprocess.run([str(place.source / "tests/soak/run"), "--build", str(place.build), "--seconds", "20", "--keep"],
                          env=env, capture_output=True, text=True, timeout=110, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


# ---- what it would say if something were wrong ----

@pytest.mark.parametrize("what, lines, kills, killed, faults", [
    ("nothing is wrong", ["postfix/smtpd[7]: connect from c.test[127.0.0.1]"], [], [], 0),
    ("no row says it", ["postfix/smtpd[7]: connected from c.test[127.0.0.1]"], [], [], 1),
    ("a row of another program", ["postfix/qmgr[7]: connect from c.test[127.0.0.1]"], [], [], 1),
    ("not with this severity", ["postfix/smtpd[7]: warning: connect from c.test[127.0.0.1]"], [], [], 1),
    ("no line of a log", ["hello"], [], [], 1),
    ("an unexplained warning", ["postfix/cleanup[7]: warning: queue manager: connection closed"], [], [], 1),
    ("explained", ["postfix/cleanup[7]: warning: queue manager: connection closed"], [Kill(-1, "qmgr")], [], 0),
    ("too late", ["postfix/cleanup[7]: warning: queue manager: connection closed"], [Kill(-99, "qmgr")], [], 1),
    ("a general row does not hide a special one",
     ["postfix/qmgr[7]: warning: 11 log lines were lost, as the log daemon did not take them"], [Kill(-1, "master")], [], 0),
    ("a table that went with master",
     ["postfix/smtpd[7]: warning: a@b.test: connect to service private/proxymap: Connection refused"],
     [Kill(-1, "master")], [], 0),
    ("the wrong one", ["postfix/cleanup[7]: warning: queue manager: connection closed"], [Kill(-1, "smtp")], [], 1),
    ("killed, and told", ["postfix/master[1]: warning: process /x/smtp pid 12 killed by signal 9"], [], [("smtp", 12)], 0),
    ("killed, and not told", [], [], [("smtp", 12)], 1),
    ("told, and not killed", ["postfix/master[1]: warning: process /x/smtp pid 12 killed by signal 9"], [], [], 1),
    ("crashed", ["postfix/master[1]: warning: process /x/smtp pid 12 killed by signal 11"], [Kill(-1, "smtp")], [], 1),
    ("panic", ["postfix/smtp[1]: panic: smtp/x.c:3: this should never happen: !(x)"], [Kill(-1, "smtp")], [], 1),
])
def test_log_is_judged(place, what, lines, kills, killed, faults):
    log = watch.LogWatch(types.SimpleNamespace(dir=pathlib.Path("/nonexistent")), place.source)
    for line in lines:
        log.line("Nov 29 10:00:00 host " + line)
    now = time.monotonic()
    assert len(log.faults([k._replace(time=now + k.time) for k in kills], killed)) == faults, what


@pytest.mark.parametrize("what, held, faults", [
    ("flat", [{"KiB": 3000, "processes": 1}] * 40, 0),
    ("grows", [{"KiB": 3000 + 500 * i, "processes": 1} for i in range(40)], 1),
    ("grows only at first", [{"KiB": 3000 + 1000 * min(i, 9), "processes": 1} for i in range(40)], 0),
    ("more processes that hold no more", [{"KiB": 3000 * (1 + i // 10), "processes": 1 + i // 10} for i in range(40)], 0),
    ("descriptors", [{"descriptors": 20 + 2 * i, "threads": 3, "processes": 1} for i in range(60)], 1),
    ("fewer with more sessions", [{"threads": 52, "processes": 13}] * 20 + [{"threads": 16, "processes": 1}] * 20, 0),
    ("processes that do not end", [{"KiB": 3000 * i, "processes": i} for i in range(40)], 1),
])
def test_growth_is_judged(what, held, faults):
    sampler = watch.Sampler(None, {"smtpd"}, 1)
    sampler.samples = [(i, {"smtpd": collections.Counter(h)}) for i, h in enumerate(held)]
    assert len(sampler.faults()) == faults, what
