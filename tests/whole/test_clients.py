# SPDX-License-Identifier: Apache-2.0
"""Real clients and a real Postfix, each from its Debian package."""

import email
import os
import pathlib
import shutil
import subprocess

import pytest

from support.place import free_port, must, run
from support.suite import DOMAIN, installed, message, wait_for


def need(program):
    return pytest.mark.skipif(not installed(program), reason=f"{program} is not installed")


@need("swaks")
def test_swaks(suite, tmp_path):
    attachment = tmp_path / "data.bin"
    attachment.write_bytes(bytes(range(256)) * 40)
    must(["swaks", "--server", f"127.0.0.1:{suite.port}", "--to", suite.address(), "--from", "a@client.test",
          "--helo", "client.test", "--attach", f"@{attachment}", "--h-Subject", "swaks", "--pipeline"])
    got = email.message_from_bytes(suite.wait_mail())
    assert got["Subject"] == "swaks"
    assert got.get_payload()[1].get_payload(decode=True) == attachment.read_bytes()


@need("curl")
def test_curl(suite, tmp_path):
    letter = tmp_path / "letter"
    letter.write_bytes(message("curl", ".dot\r\n..\r\nend\r\n").encode())
    must(["curl", "-s", f"smtp://127.0.0.1:{suite.port}/client.test", "--mail-from", "a@client.test",
          "--mail-rcpt", suite.address(), "--upload-file", letter])
    assert suite.wait_mail().endswith(b"\n\n.dot\n..\nend\n")


@need("s-nail")
def test_s_nail(suite):
    env = dict(os.environ, MAILRC="/dev/null")
    must(["s-nail", "-:/", "-Sv15-compat", "-S", f"mta=smtp://127.0.0.1:{suite.port}", "-S", "smtp-auth=none",
          "-Ssmtp-config=-all", "-S", "from=a@client.test", "-S", "hostname=client.test", "-s", "gr\u00fc\u00dfe",
          suite.address()], input="hello \u00e9\n", env=env)
    got = email.message_from_bytes(suite.wait_mail())
    assert str(email.header.make_header(email.header.decode_header(got["Subject"]))) == "gr\u00fc\u00dfe"


@need("s-nail")
def test_s_nail_through_sendmail(suite):
    env = dict(os.environ, MAILRC="/dev/null", MAIL_CONFIG=str(suite.etc))
    must(["s-nail", "-:/", "-Sv15-compat", "-S", f"mta=file://{suite.place.sbin}/sendmail", "-s", "by pipe", suite.user],
         input="hello\n", env=env)
    assert b"\nSubject: by pipe\n" in suite.wait_mail()


@need("msmtp")
def test_msmtp(suite):
    must(["msmtp", "--host=127.0.0.1", f"--port={suite.port}", "--from=a@client.test", suite.address()],
         input="Subject: msmtp\n\nhello\n.\n..\n")
    assert suite.wait_mail().endswith(b"\n\nhello\n.\n..\n")


def test_smtplib_many_on_one_connection(suite):
    with suite.smtp() as client:
        for i in range(20):
            client.sendmail("a@client.test", [suite.address()], message(f"n{i}"))
    assert len(suite.wait_mails(20)) == 20


def test_sendmail_bs(suite):
    """A mail reader that talks SMTP to sendmail -bs."""
    talk = f"EHLO me\nMAIL FROM:<{suite.address()}>\nRCPT TO:<{suite.address()}>\nDATA\nSubject: bs\n\nhi\n.\nQUIT\n"
    done = suite.command("sendmail", "-bs", input=talk.replace("\n", "\r\n"))
    assert done.returncode == 0, done.stdout + done.stderr
    assert b"\nSubject: bs\n" in suite.wait_mail()


# ---- Postfix as the peer ----

@pytest.fixture
def postfix(place):
    """start(settings): Debian's Postfix on a high loopback port, in a folder of its own; (port, log file)."""
    if not place.root or not pathlib.Path("/usr/lib/postfix/sbin/master").exists():
        pytest.skip("needs root, and Postfix from its package")
    base = place.base / "postfix"
    etc = base / "etc"
    shutil.rmtree(base, ignore_errors=True)
    etc.mkdir(parents=True)
    (base / "data").mkdir()
    (base / "spool").mkdir()
    shutil.chown(base / "data", "postfix")
    port = free_port()

    def command(*args):
        return run(args, env=dict(os.environ, MAIL_CONFIG=str(etc)))

    def start(settings):
        shutil.copy("/usr/share/postfix/master.cf.dist", etc / "master.cf")
        values = {
            "compatibility_level": "3.11", "queue_directory": base / "spool", "data_directory": base / "data",
            "myhostname": "postfix.test", "mydestination": "postfix.test", "mynetworks": "127.0.0.0/8",
            "inet_interfaces": "127.0.0.1", "inet_protocols": "ipv4", "maillog_file": base / "log",
            "maillog_file_prefixes": base, "alias_maps": "", "alias_database": "", "smtpd_peername_lookup": "no",
            "smtp_host_lookup": "native", "local_recipient_maps": "", **settings}
        (etc / "main.cf").write_text("".join(f"{k} = {v}\n" for k, v in values.items()))
        assert command("postconf", "-M#", "smtp/inet").returncode == 0
        assert command("postconf", "-M", f"{port}/inet=127.0.0.1:{port} inet n - n - - smtpd").returncode == 0
        assert command("postconf", "-F", "*/*/chroot=n").returncode == 0
        done = command("postfix", "start")
        assert done.returncode == 0, done.stdout + done.stderr
        return port, base / "log"

    yield start
    command("postfix", "stop")


def test_to_postfix(make_suite, postfix, place):
    user = place.users[0]
    port, log = postfix({"home_mailbox": "Maildir-postfix/"})
    box = place.home(user) / "Maildir-postfix"
    try:
        suite = make_suite({"transport_maps": "inline:{ postfix.test=smtp:[127.0.0.1]:%d }" % port})
        for i in range(10):
            suite.send(message(f"to-postfix-{i}", ".dots\r\n..\r\n" + "x" * 998 + "\r\n"), to=[f"{user}@postfix.test"])
        suite.wait_empty()
        assert wait_for(lambda: box.exists() and len(list((box / "new").iterdir())) == 10), log.read_text()
        assert all(f.read_bytes().endswith(b"\n\n.dots\n..\n" + b"x" * 998 + b"\n") for f in (box / "new").iterdir())
        assert "improper command pipelining" not in log.read_text()
    finally:
        shutil.rmtree(box, ignore_errors=True)


def test_from_postfix(suite, postfix):
    port, log = postfix({"relayhost": f"[127.0.0.1]:{suite.port}"})
    for i in range(10):
        must(["swaks", "--server", f"127.0.0.1:{port}", "--to", suite.address(), "--from", "a@client.test",
              "--header", f"Subject: from-postfix-{i}", "--body", ".dots\\n..\\nend"])
    mails = suite.wait_mails(10)
    assert all(b"\n.dots\n..\nend\n" in m and b"by postfix.test (Postfix)" in m for m in mails)
    assert "status=sent (250 2.0.0 Ok: queued as " in log.read_text()


def test_bounce_through_postfix(make_suite, postfix):
    """Postfix refuses a recipient; our bounce comes back."""
    port, _ = postfix({"local_recipient_maps": "inline:{nobody-else=x}"})
    suite = make_suite({"transport_maps": "inline:{ postfix.test=smtp:[127.0.0.1]:%d }" % port})
    suite.send(message("refused"), sender=suite.address(), to=["missing@postfix.test"])
    got = suite.wait_mail()
    assert b"\nStatus: 5.1.1\n" in got and b"\nRemote-MTA: dns; 127.0.0.1\n" in got
    assert b"User unknown in local recipient table" in got
