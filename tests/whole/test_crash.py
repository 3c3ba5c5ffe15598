# SPDX-License-Identifier: Apache-2.0
"""Killed daemons: nothing is lost, and nothing comes twice that need not."""

import os
import signal
import socket
import threading
import time

import pytest

from support.suite import DOMAIN, message, wait_for

PROGRAMS = ["smtpd", "cleanup", "qmgr", "smtp", "trivial-rewrite", "pickup", "bounce", "local", "proxymap", "resolver", "postlogd"]


def subjects(mails):
    return sorted(line for m in mails for line in m.split(b"\n\n")[0].splitlines() if line.startswith(b"Subject: "))


@pytest.mark.parametrize("program", PROGRAMS)
def test_killed_during_traffic(make_suite, sink, program):
    """Each kind of daemon is killed again and again; what was answered with 250 arrives."""
    suite = make_suite({"relayhost": sink.hop, "minimal_backoff_time": "1s", "maximal_backoff_time": "2s",
                        "queue_run_delay": "1s", "transport_retry_time": "1s", "service_throttle_time": "1s"})
    suite.sendmail(suite.user, text="Subject: warm\n\nx\n")
    suite.wait_mail()
    accepted, stop = [], threading.Event()

    def send():
        n = 0
        while not stop.is_set() and n < 150:
            n += 1
            name = f"{threading.get_ident() % 1000}-{n}"
            try:
                suite.send(message(name), to=["x@far.example", suite.address()])
                accepted.append(name)
            except OSError:
                time.sleep(0.05)
            except Exception:  # smtplib's: refused for now
                time.sleep(0.05)

    threads = [threading.Thread(target=send) for _ in range(4)]
    for t in threads:
        t.start()
    end = time.monotonic() + 4
    killed = 0
    while time.monotonic() < end:
        time.sleep(0.4)
        for pid in suite.pids(program):
            os.kill(pid, signal.SIGKILL)
            killed += 1
    stop.set()
    for t in threads:
        t.join(60)
    assert accepted
    if program not in ("bounce", "resolver", "trivial-rewrite", "pickup"):  # those need not run in this traffic
        assert killed
    names = {f"Subject: {n}".encode() for n in accepted}
    suite.command("postqueue", "-f")
    assert wait_for(lambda: names <= {h for m in list(sink.messages) for h in m.data.split(b"\r\n\r\n")[0].split(b"\r\n")}, 40), \
        suite.log()[-5000:]
    assert wait_for(lambda: names <= set(subjects(suite.mails())), 40), suite.log()[-5000:]
    assert wait_for(lambda: suite.command("postqueue", "-f") and not suite.queue_files("incoming", "active", "deferred"), 40, 1), \
        suite.log()[-5000:]
    assert not suite.queue_files("corrupt")


@pytest.mark.limit(150)
def test_qmgr_killed_with_deliveries_in_flight(make_suite, make_sink):
    """100 deliveries wait for the next hop's answer when qmgr dies: 0 lost, 0 twice."""
    gate = threading.Event()

    def wait(session, line):
        gate.wait(60)

    sink = make_sink(replies={".": wait})
    suite = make_suite({"relayhost": sink.hop, "default_destination_concurrency_limit": "100",
                        "initial_destination_concurrency": "100", "smtp_destination_recipient_limit": "1"})
    names = [f"flight-{i}" for i in range(100)]

    def send(part):
        with suite.smtp() as client:
            for name in part:
                client.sendmail("a@client.test", ["x@far.example"], message(name))

    threads = [threading.Thread(target=send, args=(names[i::5],)) for i in range(5)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert wait_for(lambda: sum(line == "DATA" or line.startswith("BDAT") for line in sink.lines) >= 100, 30), len(sink.lines)
    time.sleep(0.5)
    [pid] = suite.pids("qmgr")
    os.kill(pid, signal.SIGKILL)
    assert wait_for(lambda: suite.pids("qmgr") not in ([], [pid]), 20)
    time.sleep(1)
    gate.set()
    suite.wait_empty(60)
    got = sorted(h for m in sink.messages for h in m.data.split(b"\r\n\r\n")[0].split(b"\r\n") if h.startswith(b"Subject: "))
    assert got == sorted(f"Subject: {n}".encode() for n in names)


def test_stop_and_start_with_a_full_queue(make_suite, make_sink):
    """What waits is tried again by the next suite; a stop in the middle repeats nothing that was acknowledged."""
    sink = make_sink()
    suite = make_suite({"relayhost": "[127.0.0.1]:9", "minimal_backoff_time": "300s"})
    for i in range(30):
        suite.send(message(f"waits-{i}"), to=["x@far.example"])
    assert wait_for(lambda: len(suite.queue_files("deferred")) == 30)
    suite.stop()
    suite.set(relayhost=sink.hop)
    suite.start()
    assert len(suite.queue()) == 30
    assert suite.command("postqueue", "-f").returncode == 0
    suite.wait_empty()
    assert len(sink.messages) == 30


def test_sessions_survive_a_reload(suite):
    with suite.smtp() as client:
        client.ehlo()
        client.mail("a@client.test")
        suite.reload()
        suite.wait_log(r"reload")
        time.sleep(0.5)
        client.rcpt(suite.address())
        assert client.data(message("over the reload"))[0] == 250
    suite.wait_mail()
    suite.send(message("after"))
    suite.wait_mails(2)
