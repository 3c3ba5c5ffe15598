# SPDX-License-Identifier: Apache-2.0
"""Delivery before the flush: who is answered when, and what comes of refusals."""

import smtplib
import threading
import time

from support.sink import Sink
from support.suite import message, wait_for

QUICK = {"queue_run_delay": "1s", "minimal_backoff_time": "1s", "maximal_backoff_time": "2s"}


def test_what_arrived_was_never_flushed(make_suite, sink):
    """Of some messages one after the other at least one has arrived before its client was answered."""
    suite = make_suite(dict(QUICK, relayhost=sink.hop))
    suite.send(message("warm"), to=["x@far.example"])
    assert wait_for(lambda: sink.messages)
    early = 0
    for n in range(30):
        suite.send(message(str(n)), to=["x@far.example"])
        early += len(sink.messages) == n + 2
        assert wait_for(lambda: len(sink.messages) == n + 2)
    assert early > 0
    assert wait_for(lambda: not suite.queue_files())


def test_a_slow_next_hop_holds_up_nobody(make_suite):
    """It answers only after all clients have been."""
    answered = threading.Event()

    def slow(session, line):
        answered.wait(60)

    with Sink(replies={".": slow}) as hop:
        suite = make_suite(dict(QUICK, relayhost=hop.hop))
        for n in range(3):
            suite.send(message(str(n)), to=["x@far.example"])
        answered.set()
        assert wait_for(lambda: len(hop.messages) == 3)
        assert wait_for(lambda: not suite.queue_files())


def refused(suite):
    """How many clients heard of it themselves; the others' messages are returned."""
    told = 0
    for n in range(20):
        try:
            suite.send(message(f"refuse {n}"), sender=suite.address(), to=["nobody@far.example"])
        except smtplib.SMTPDataError as why:
            assert why.smtp_code == 550 and b"5.1.1" in why.smtp_error and b"not here" in why.smtp_error, why
            told += 1
    return told


def test_a_refusal_is_told_once(make_suite):
    with Sink(replies={"RCPT": "550 5.1.1 not here"}) as hop:
        suite = make_suite(dict(QUICK, relayhost=hop.hop, refuse_before_flush="yes"))
        told = refused(suite)
        assert told > 0
        assert wait_for(lambda: len(suite.mails()) == 20 - told and not suite.queue_files())
        time.sleep(0.5)
        assert len(suite.mails()) == 20 - told
        suite.wait_log("was told: 550 5.1.1", count=told)


def test_as_shipped_a_refusal_is_a_bounce(make_suite):
    with Sink(replies={"RCPT": "550 5.1.1 not here"}) as hop:
        suite = make_suite(dict(QUICK, relayhost=hop.hop))
        assert refused(suite) == 0
        assert wait_for(lambda: len(suite.mails()) == 20 and not suite.queue_files())
