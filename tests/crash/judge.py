# SPDX-License-Identifier: Apache-2.0
"""
judge - guarantees G1 to G3, checked against the journals: verdict(world, sents) gives what is wrong.

lost       promised, and neither delivered nor returned
repeated   twice at a recipient, and allowed: the first copy was in flight when its agent, or all, were
           killed (one more copy with the same queue id), or a new copy was committed and the old state not
           yet removed when somebody who enters mail anew was killed (a copy with another queue id); and with
           injected errors what qmgr could not write down
excess     twice, and not allowed
promised   although the flush had failed, and before it was delivered to all
altered    not what was sent
undead     deleted, postsuper said so, and it came all the same
wrong      delivered where a notice was due, or the other way round
"""

import collections

FAULTS = ("lost", "excess", "promised", "altered", "undead", "wrong", "left", "stuck", "crashed")
AGENTS = ("smtp", "lmtp", "local")
ENTERERS = ("pickup", "cleanup", "bounce", "local", "postsuper", "qmgr")
BEFORE, AFTER = 1.0, 0.3  # seconds before and after a kill in which a copy arrives that was in flight
ENTERED = 1.5  # and after a kill in which one arrives that had just been entered: it has the whole way before it

Finding = collections.namedtuple("Finding", "fault name text")


def same_delivery(kill, first):
    """
    Was the delivery of this copy under way when its agent, the queue manager, or all, were killed?  A queue manager
    that is killed finds what its agents do by the locks on its files; what is delivered before it is flushed has no
    file yet, and cleanup makes one that comes again (G2).
    """
    if kill.program not in (None, "qmgr", *AGENTS) or not kill.time - BEFORE <= first.time <= kill.time + AFTER:
        return False
    return kill.program is not None or kill.present is None or first.qid in kill.present


def same_entry(kill, sent, first, second):
    """
    Was it killed while one of these copies was in the queue, or through it, and what it was made of still
    there?  A copy that an alias sent on, and a notice, have a new id; what was there then is in their trail.
    """
    if kill.program not in (None, *ENTERERS) or kill.time < sent.began:
        return False
    made = min(first.time, second.time) <= kill.time + ENTERED
    return made or bool(kill.present and kill.present.intersection(first.trail, second.trail))


def judge_copies(sent, copies, kills):
    """(allowed, not allowed) of what came more than once to one recipient."""
    copies = sorted(copies, key=lambda a: a.time)
    allowed = excess = 0
    for first, second in zip(copies, copies[1:]):
        good = first.qid == second.qid and any(same_delivery(k, first) for k in kills)
        if first.qid != second.qid or sent.requeued:  # which adds no Received: with the new id
            good = good or any(same_entry(k, sent, first, second) for k in kills)
        allowed += good
        excess += not good
    return allowed, excess


def judge_rcpt(sent, rcpt, arrivals, kills):
    """Findings about one recipient of one message, and how many allowed repetitions there were."""
    mail = [a for a in arrivals if a.rcpt == rcpt]
    notices = [a for a in arrivals if a.rcpt is None]
    due, other = (notices, mail) if rcpt in sent.returned else (mail, [])
    if rcpt not in sent.returned and not sent.returned:
        other = notices
    out = []
    if sent.said == "yes" and not due and not sent.deletion:
        out.append(Finding("wrong" if other else "lost", sent.name, f"{rcpt} was promised and did not arrive"))
    elif other:
        out.append(Finding("wrong", sent.name, f"{rcpt}: both delivered and returned"))
    if sent.deletion == "done" and due:
        out.append(Finding("undead", sent.name, f"{rcpt} was deleted and arrived"))
    if not all(a.whole for a in due):
        out.append(Finding("altered", sent.name, f"{rcpt} did not arrive as it was sent"))
    allowed, excess = judge_copies(sent, due, kills)
    if excess:
        told = ", ".join(f"{a.qid} at {a.time:.3f}" for a in due)
        out.append(Finding("excess", sent.name, f"{rcpt} got {len(due)} copies ({told}); kills: "
                           + ", ".join(f"{k.program or 'all'} at {k.time:.3f}" for k in kills[-3:])))
    return out, allowed


def judge_promise(sent, arrivals):
    """For a message whose flush has failed."""
    first = {}
    for a in sorted(arrivals, key=lambda a: -a.time):
        first[a.rcpt] = a.time
    if sent.said != "yes" or all(first.get(r, sent.answered + 1) <= sent.answered for r in sent.rcpts):
        return []
    return [Finding("promised", sent.name, "acknowledged, although its flush has failed")]


def verdict(world, sents):
    """(findings, allowed repetitions) about these messages."""
    by_name = collections.defaultdict(list)
    for a in world.arrivals():
        by_name[a.name].append(a)
    findings, repeated = [], 0
    for sent in sents:
        for rcpt in sent.rcpts:
            found, allowed = judge_rcpt(sent, rcpt, by_name[sent.name], world.kills)
            findings += found
            repeated += allowed
    corrupt = world.suite.files("corrupt")
    if corrupt:
        findings.append(Finding("left", sents[-1].name, f"in corrupt/: {sorted(corrupt)}"))
        for path in corrupt.values():
            path.unlink()
    return findings, repeated
