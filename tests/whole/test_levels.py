# SPDX-License-Identifier: Apache-2.0
"""compatibility_level: the old defaults act, and say so in the log; legacy names are told of."""

import re
import smtplib

import pytest

from support.suite import message, wait_for

NOTICE = "using backwards-compatible default setting "
SINK = {"default_transport": "discard:", "relay_transport": "discard:", "smtpd_peername_lookup": "no"}


def notices(suite):
    return sorted(set(re.findall(NOTICE + "(.*)", suite.log())))


def told(suite, wanted):
    """Is this in the log, now or soon, and nothing else?"""
    wait_for(lambda: notices(suite) == wanted, 10)
    assert notices(suite) == wanted


@pytest.fixture
def at_level(make_suite):
    """at_level(level, settings, without, master): a started suite; None is a main.cf that says no level."""

    def make(level, settings=(), without=(), master=None):
        suite = make_suite({**SINK, **dict(settings)}, master=master, start=False)
        if level is None:
            del suite.settings["compatibility_level"]
        else:
            suite.settings["compatibility_level"] = level
        for name in without:
            del suite.settings[name]
        suite.write_main()
        return suite.start()

    return make


OPEN = {"smtpd_recipient_restrictions": "inline:{{ refused@other.example = reject }}, permit_mynetworks, "
                                        "permit, reject_unauth_destination",
        "mynetworks": "192.0.2.1"}
# OPEN relays for everybody, as sites of before 2.10 could by mistake.


@pytest.mark.parametrize("level", [None, "0"])
def test_level_0(at_level, level):
    suite = at_level(level, OPEN)
    suite.send(message("a"), to=["one@far.example"])
    assert suite.sendmail("-f", "me@here", "you@there").returncode == 0
    suite.wait_empty()
    suite.wait_log(r'smtpd\[\d+\]: ' + NOTICE + r'smtpd_relay_restrictions=\(empty\) to avoid "Relay access denied" error for '
                   r'recipient "one@far\.example" from client ".*\[127\.0\.0\.1\]"')
    suite.wait_log(r'cleanup\[\d+\]: ' + NOTICE + 'append_dot_mydomain=yes to rewrite "here" to "here.test"')
    suite.wait_log("warning: backwards-compatible defaults are in force; .* postconf compatibility_level=3.11 and")


def test_level_1(at_level):
    suite = at_level("1", OPEN)
    assert suite.sendmail("-f", "me@here", "you@there").returncode == 0
    with pytest.raises(smtplib.SMTPRecipientsRefused, match="Relay access denied"):
        suite.send(message("a"), to=["one@far.example"])
    suite.wait_empty()
    assert not notices(suite)


def test_relay_domains_and_order(at_level):
    """Below 2 mail for subdomains of ours is relayed; below 3.6 recipient restrictions come first."""
    suite = at_level("1", OPEN)
    suite.send(message("a"), to=["x@sub.suite.test"])
    with pytest.raises(smtplib.SMTPRecipientsRefused):
        suite.send(message("a"), to=["refused@other.example"])
    told(suite, [
        'relay_domains=$mydestination to accept mail for domain "sub.suite.test"',
        'smtpd_relay_before_recipient_restrictions=no to reject recipient "refused@other.example" from client '
        '"unknown[127.0.0.1]"'])


def test_networks(at_level):
    """Below 2 the neighbours are trusted: 127.0.0.2 is one of 127.0.0.1's."""
    suite = at_level("1", {"inet_interfaces": "127.0.0.1"}, without=["mynetworks"])
    with suite.smtp(source_address=("127.0.0.2", 0)) as client:
        client.sendmail("a@client.test", ["one@far.example"], message("a"))
    suite.send(message("b"), to=["one@far.example"])
    told(suite, ['mynetworks_style=subnet to permit request from client "unknown[127.0.0.2]"'])
    suite.set(compatibility_level="2")
    suite.reload()
    with suite.smtp(source_address=("127.0.0.2", 0)) as client, pytest.raises(smtplib.SMTPRecipientsRefused):
        client.sendmail("a@client.test", ["one@far.example"], message("a"))


CHROOT = "{port} inet n - - - - smtpd\nshowq unix n - - - - showq\nerror unix - - n - - error\n"


def test_chroot(at_level):
    """Below 1 a "-" in the chroot column of a line is a y, and the daemons live with it."""
    suite = at_level("0", OPEN, master=CHROOT)
    suite.wait_log("warning: backwards-compatible defaults")
    text = (suite.etc / "master.cf").read_text().splitlines()
    lines = [str(n) for n, line in enumerate(text, 1) if line.split()[4] == "-"]
    assert len(lines) == 2
    assert re.findall(r"master\.cf: line (\d+): using backwards-compatible default setting chroot=y", suite.log()) == lines
    suite.send(message("a"), to=["x@far.example"])
    assert suite.command("mailq").returncode == 0
    suite.set(compatibility_level="1")
    suite.reload()
    suite.wait_log("reload -- version")
    suite.wait_log("warning: backwards-compatible defaults", count=2)
    assert len(re.findall("default setting chroot=y", suite.log())) == 2


def test_legacy_names(at_level):
    suite = at_level("3.12", {"smtpd_use_tls": "no", "fallback_relay": "", "virtual_maps": ""},
                     master="{port} inet n - n - - smtpd -o smtpd_per_record_deadline=no\n")
    suite.wait_log("smtpd_per_record_deadline is a legacy name")
    lines = re.findall(r"warning: (\S+), line (\d+): (\S+) is a legacy name(.*)", suite.log())
    assert [(t[2], t[3]) for t in lines] == [
        ("fallback_relay", " of smtp_fallback_relay; rename it"),
        ("smtpd_use_tls", " of smtpd_tls_security_level; write smtpd_tls_security_level = may where it is yes"),
        ("virtual_maps", " of virtual_alias_maps; rename it"),
        ("smtpd_per_record_deadline", " of smtpd_per_request_deadline; rename it")]
    text = (suite.etc / "main.cf").read_text().splitlines()
    assert text[int(lines[0][1]) - 1].startswith("fallback_relay =") and lines[0][0].endswith("/main.cf")
    assert lines[3][0].endswith("/master.cf")
    assert "backwards-compatible" not in suite.log()


def test_bad_level(make_suite):
    suite = make_suite(start=False)
    suite.set(compatibility_level="3.x")
    done = suite.command("sallyport", "start")
    assert done.returncode != 0
    assert 'main.cf, line 1: compatibility_level: malformed compatibility level: "3.x"' in done.stdout + done.stderr
