# SPDX-License-Identifier: Apache-2.0
"""
restart - starts a suite on an image, lets it deliver everything, and counts what every recipient got in all.
"""

import collections

from .letters import Journal, keys
from .traffic import DiskSuite, NextHop


def deliver_all(place, root, reader):
    """Counters: what the next hop took, what lies in the Maildir, and the names of files in corrupt/."""
    after = Journal(lambda: 0)
    # The machine has been down: what qmgr left there, if it had begun, names another boot than this one.
    marker = root / "spool/queue.lock"
    if marker.exists() and marker.read_text().startswith("running"):
        marker.write_text("running another-boot\n")
    # Where it was, for the queue files name it.
    with NextHop(after.arrival, reader.journal.port) as hop:
        suite = DiskSuite(place, root, hop.hop)
        try:
            suite.start()
            suite.command("postsuper", "-H", "ALL")
            suite.command("postqueue", "-f")
            suite.wait_for_quiet()
            corrupt = [str(p.relative_to(suite.spool)) for p in suite.queue_files("corrupt")]
            box = collections.Counter(reader.boxed(p) for p in (suite.box / "new").glob("*"))
        finally:
            suite.close()
    return collections.Counter({key: len(moments) for key, moments in after.arrived.items()}), box, corrupt


def total(key, number, before, after, box):
    if isinstance(key, tuple):
        return box[number]
    answer = f"from{number}" if key.startswith("bad") else key
    return before[answer] + after[answer]


def compare(judge, cut, after, box):
    """What was lost, and how often which key came more than once."""
    arrived = judge.journal.arrived
    before = collections.Counter({key: sum(m.position < cut.end for m in moments) for key, moments in arrived.items()})
    lost, more = [], collections.Counter()
    for letter in judge.journal.acknowledged():
        if letter.acknowledged.position >= cut.end:
            continue
        for key in keys(letter):
            count = total(key, letter.number, before, after, box)
            if count == 0 and not (letter.delete_began and letter.delete_began.position < cut.end):
                lost.append(f"letter {letter.number} to {key}: not delivered after the restart")
            if count > 1:
                more[key] = count - 1
    return lost, more
