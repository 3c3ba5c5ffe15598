# SPDX-License-Identifier: Apache-2.0
"""Tables behind a server: socketmap and tcp beside an installed Postfix's postmap, and in a running suite; proxymap's others."""

import os
import pathlib
import shutil
import smtplib
import subprocess
import time

import pytest

from support.suite import DOMAIN, message
from support.table_server import HANG, TableServer, cut, netstring

BUILD = pathlib.Path(os.environ.get("SALLYPORT_BUILD", "build"))
THEIRS = shutil.which("postmap", path="/usr/sbin:/usr/bin")

SOCKETMAP = {
    "found": netstring("OK value"), "utf8": netstring("OK gr\u00fcn"), "blanks": netstring("OK  two  blanks "),
    "lines": netstring("OK a\nb"), "large": netstring("OK " + "x" * 99997), "more": netstring("OK value") * 2,
    "empty": netstring("OK "), "absent": netstring("NOTFOUND "), "absent2": netstring("NOTFOUND"),
    "absent3": netstring("NOTFOUND no"), "temp": netstring("TEMP busy"), "temp2": netstring("TEMP"),
    "timeout": netstring("TIMEOUT slow"), "perm": netstring("PERM no"), "lower": netstring("ok value"),
    "tab": netstring("OK\tvalue"), "word": netstring("HELLO world"), "nothing": netstring(""),
    "too large": netstring("OK " + "x" * 99998), "short": b"5:OK value,", "no comma": b"8:OK value;", "junk": b"hello there\n",
    "minus": b"-8:OK value,", "huge": b"99999999999999999999:OK,", "close": None,
    "k" * 9000: netstring("OK long key"),
}
TCP = {
    "found": b"200 value\n", "utf8": "200 gr\u00fcn\n".encode(), "coded": b"200 a%20b%25%c3%bc\n", "blanks": b"200  two  blanks \n",
    "tab": b"200\tvalue\n", "other2": b"299 value\n", "large": b"200 " + b"x" * 4091 + b"\n",
    "more": b"200 value\n200 other\n", "empty": b"200 \n", "absent": b"500 no\n", "absent2": b"500 \n", "other5": b"599 no\n",
    "temp": b"400 later\n", "other4": b"450 later\n", "code": b"300 what\n", "word": b"hello\n", "nothing": b"\n",
    "bare2": b"200\n", "bare4": b"400\n", "bare5": b"500\n", "glued": b"200value\n", "digits": b"5xx no\n", "long code": b"5000 no\n",
    "half code": b"200 a%2\n", "bad code": b"200 a%zzb\n",
    "k" * 4000: b"200 long key\n", "k" * 5000: b"500 longer than a request\n",
}
# What Postfix asks again and again, and what differs on purpose.
OURS_ALONE = {
    "tcp": {"close": None, "half": cut(b"200 val"), "too large": b"200 " + b"x" * 4092 + b"\n", "nul": b"200 a%00b\n"},
    "socketmap": {"half": cut(b"8:OK v"), "nul": netstring("OK a\0b"), "no blank": netstring("OK"), "zeros": b"0008:OK value,"},
}


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "main.cf").write_text("compatibility_level = 3.6\nmyhostname = h.example\n"
                                      f"queue_directory = {tmp_path}\ndata_directory = {tmp_path}\n")
    (tmp_path / "master.cf").write_text("")
    return tmp_path


def ask(program, folder, key, spec):
    done = subprocess.run([program, "-c", folder, "-q", key, spec], capture_output=True, timeout=30, check=False)
    return done.returncode, done.stdout, done.stderr


@pytest.mark.skipif(THEIRS is None, reason="no Postfix is installed")
@pytest.mark.parametrize("kind", ["socketmap", "tcp"])
def test_like_postmap(folder, kind):
    answers = SOCKETMAP if kind == "socketmap" else TCP
    with TableServer(kind, {k.replace(" ", "%20") if kind == "tcp" else k: v for k, v in answers.items()}) as server:
        for key in answers:
            ours, theirs = (ask(p, folder, key, server.spec) for p in (BUILD / "bin/postmap", THEIRS))
            assert (key, *ours[:2]) == (key, *theirs[:2]), (ours, theirs)
            assert (b"query error" in ours[2]) == (b"query error" in theirs[2]), (key, ours, theirs)


@pytest.mark.parametrize("kind", ["socketmap", "tcp"])
def test_answers_that_are_none(folder, kind):
    with TableServer(kind, {k.replace(" ", "%20") if kind == "tcp" else k: v for k, v in OURS_ALONE[kind].items()}) as server:
        for key in OURS_ALONE[kind]:
            status, out, err = ask(BUILD / "bin/postmap", folder, key, server.spec)
            assert status == 1 and not out and f"query error: {server.spec}:".encode() in err, (key, status, out, err)


PLACES = {
    "virtual_alias_maps": {"virtual_alias_maps": "{spec}"},
    "transport_maps": {"transport_maps": "{spec}"},
    "local_recipient_maps": {"local_recipient_maps": "{spec}, inline:{{root=x}}"},
    "access": {"smtpd_recipient_restrictions": "check_recipient_access {spec}, permit"},
    "nested": {"virtual_alias_maps": "debug:unionmap:{{ {{{spec}}}, inline:{{x@y.example=z}} }}"},
}


@pytest.mark.parametrize("kind", ["socketmap", "tcp"])
@pytest.mark.parametrize("where", PLACES)
def test_server_that_fails(make_suite, where, kind):
    """Named without proxy:, as Postfix's daemons may: each failure is a line of the log and a temporary reply, and no more."""
    user = "root"
    good = netstring("NOTFOUND ") if kind == "socketmap" else b"500 no\n"
    with TableServer(kind, other=good) as server:
        suite = make_suite({k: v.format(spec=server.spec) for k, v in PLACES[where].items()})
        suite.send(message("before"), to=[suite.address(user)])
        suite.wait_mails(1)
        for n, answer in enumerate([None, b"nonsense\n", cut(b"8:OK"), HANG], 1):
            server.other = answer
            with suite.smtp() as client, suite.smtp() as other:
                client.mail("a@client.test")
                if answer is HANG:
                    client.putcmd("rcpt", f"TO:<{user}@{DOMAIN}>")
                    began = time.monotonic()
                    assert other.noop()[0] == 250 and other.mail("b@client.test")[0] == 250
                    assert time.monotonic() - began < 10
                    server.let_go()
                    code, text = client.getreply()
                else:
                    code, text = client.rcpt(suite.address(user))
            assert code == 451, (answer, code, text)
            suite.wait_log(f"proxymap.*warning: {server.spec}: ", count=n)
        server.other = good
        suite.send(message("after"), to=[suite.address(user)])
        suite.wait_mails(2)
        assert set(suite.log().split()) & {"panic:", "fatal:"} == set()


def test_mail_waits_for_the_server(make_suite):
    """What came by sendmail cannot be refused: it waits, and is delivered once the server answers."""
    with TableServer("socketmap", other=netstring("TEMP busy")) as server:
        suite = make_suite({"virtual_alias_maps": server.spec}, "pickup unix n - n 2 1 pickup\n")
        assert suite.sendmail(suite.address("info")).returncode == 0
        suite.wait_log("socketmap server temporary error: busy")
        assert suite.queue_files() and not suite.mails()
        server.other = netstring(f"OK {suite.address()}")
        suite.wait_mails(1)
        suite.wait_empty()


def test_overrides_and_strangers(make_suite):
    """A server that only a -o names is asked; nobody asks proxymap for one that stands nowhere."""
    with TableServer("tcp", {f"no@{DOMAIN}": b"200 REJECT not%20here\n"}, other=b"500 no\n") as server:
        suite = make_suite(master="{port} inet n - n - - smtpd\n  -o smtpd_recipient_restrictions=check_recipient_access,%s,permit\n"
                           % server.spec)
        with suite.smtp() as client:
            client.mail("a@client.test")
            assert client.rcpt(f"no@{DOMAIN}") == (554, f"5.7.1 <no@{DOMAIN}>: Recipient address rejected: not here".encode())
            assert client.rcpt(f"root@{DOMAIN}")[0] == 250


def test_proxied_files(make_suite):
    suite = make_suite(start=False)
    files = {"pcre": "/^p\\.(\\w+)@/ $1@%s\n" % DOMAIN, "regexp": "/^r\\.([a-z]+)@/ $1@%s\n" % DOMAIN,
             "texthash": f"t.x@{DOMAIN} root@{DOMAIN}\n", "cidr": "192.0.2.0/24 REJECT\n127.0.0.0/8 PREPEND X-Cidr: yes\n"}
    specs = {}
    for kind, text in files.items():
        (suite.etc / kind).write_text(text)
        specs[kind] = f"proxy:{kind}:{suite.etc}/{kind}"
    suite.set(virtual_alias_maps="%(pcre)s, %(regexp)s %(texthash)s" % specs,
              smtpd_client_restrictions="check_client_access " + specs["cidr"])
    suite.start()
    with suite.smtp() as client:
        client.sendmail("a@client.test", [f"p.root@{DOMAIN}", f"r.root@{DOMAIN}", f"t.x@{DOMAIN}"], message("proxied"))
    assert b"X-Cidr: yes" in suite.wait_mails(1)[0]
    with suite.smtp() as client:
        client.mail("a@client.test")
        assert client.rcpt(f"q.root@{DOMAIN}")[0] == 550
    with pytest.raises(smtplib.SMTPRecipientsRefused):
        suite.send(to=[f"t.y@{DOMAIN}"])
