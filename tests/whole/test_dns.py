# SPDX-License-Identifier: Apache-2.0
"""The way out by names: mail exchangers, what DNS says when it says no, and a resolver that is not there."""

import os
import signal

import pytest

from support.dns_server import DnsServer
from support.suite import message, wait_for

TABLE = """
    $TTL 1
    one.test          MX    10 mx.one.test
    mx.one.test       A     127.0.0.1
    two.test          MX    10 dead.two.test
    two.test          MX    20 mx.one.test
    dead.two.test     A     127.0.0.77
    plain.test        A     127.0.0.1
    null.test         MX    0 .
    broken.test       *     SERVFAIL
    deaf.test         *     DROP
    half.test         MX    10 broken.test
    loop.test         MX    10 we.test
    we.test           A     127.0.0.9
    backup.test       MX    10 mx.one.test
    backup.test       MX    20 we.test
    alias.test        CNAME one.test
"""


@pytest.fixture
def dns():
    with DnsServer(TABLE) as server:
        yield server


@pytest.fixture
def out(make_suite, make_sink, dns):
    """A suite whose mail for other domains goes to a sink, wherever DNS says that 127.0.0.1 is."""
    def make(sink=None, **settings):
        sink = sink or make_sink()
        suite = make_suite({"dns_server": dns.address, "dns_timeout": "3s", "smtp_tcp_port": sink.port,
                            "inet_interfaces": "127.0.0.9", **settings})
        return suite, sink
    return make


@pytest.mark.parametrize("domain", ["one.test", "two.test", "plain.test", "backup.test", "alias.test", "[127.0.0.1]"])
def test_there_is_a_way(out, domain):
    suite, sink = out()
    suite.send(message("found"), to=[f"x@{domain}"])
    suite.wait_empty()
    assert [m.rcpts for m in sink.messages] == [[f"x@{domain}"]]


@pytest.mark.parametrize("domain,status,text", [
    ("null.test", "5.1.10", r"Domain null\.test does not accept mail \(nullMX\)"),
    ("nowhere.test", "5.4.4", r"Host or domain name not found\. Name service error for name=nowhere\.test type=A: "
                              r"Host not found"),
    ("loop.test", "5.4.6", r"mail for loop\.test loops back to myself"),
])
def test_there_is_none(out, domain, status, text):
    suite, sink = out()
    suite.send(message("lost"), sender=suite.address(), to=[f"x@{domain}"])
    suite.wait_log(rf"to=<x@{domain}>, relay=none, .*dsn={status}, status=bounced \({text}\)")
    assert f"\nStatus: {status}\n" in suite.wait_mail().decode()
    suite.wait_empty()
    assert not sink.messages


@pytest.mark.parametrize("domain", ["broken.test", "deaf.test", "half.test"])
def test_trouble_that_may_pass_defers(out, dns, domain):
    suite, sink = out()
    suite.send(message("later"), to=[f"x@{domain}"])
    suite.wait_log(rf"to=<x@{domain}>, relay=none, .*dsn=4\.4\.3, status=deferred \(Host or domain name not found\. "
                   rf"Name service error for name=\S+ type=\w+: Host not found, try again")
    assert wait_for(lambda: suite.queue_files("deferred"))
    # libunbound remembers a failure for some seconds.
    dns.load("$TTL 1\n" + "".join(f"{d} A 127.0.0.1\n" for d in ("broken.test", "deaf.test", "half.test")))
    delivered = wait_for(lambda: suite.command("postqueue", "-f").returncode == 0 and sink.messages, 30, 2)
    assert delivered, suite.log()[-3000:]
    suite.wait_empty()


def test_killed_resolver_is_no_reason_to_return_mail(out):
    """Mail that meets its absence waits, and the next one is there at once."""
    suite, sink = out()
    for n in range(4):
        suite.send(message(f"m{n}"), to=["x@one.test"])
        assert wait_for(lambda: not suite.queue_files("incoming", "active"))
        for pid in suite.pids("resolver"):
            os.kill(pid, signal.SIGKILL)
    suite.command("postqueue", "-f")
    suite.wait_empty()
    assert len(sink.messages) == 4
    assert "status=bounced" not in suite.log() and "throttling" not in suite.log()


def test_local_clients_have_a_name(out):
    suite, _ = out(smtpd_peername_lookup="yes")
    suite.send()
    suite.wait_log(r"connect from localhost\[127\.0\.0\.1\]")


def test_reload_loses_no_question(out):
    suite, sink = out()
    for n in range(3):
        suite.send(message(f"r{n}"), to=["x@one.test"])
        suite.reload()
    suite.wait_empty()
    assert len(sink.messages) == 3
    assert "status=deferred" not in suite.log()
