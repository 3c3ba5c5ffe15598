# SPDX-License-Identifier: Apache-2.0
"""The commands, as an administrator's scripts call them."""

import json
import os
import pathlib
import re

import pytest

from support.place import run
from support.suite import DOMAIN, message, wait_for

COMMANDS = ["sallyport", "sendmail", "mailq", "newaliases", "postconf", "postqueue", "postsuper", "postcat", "postlog", "postdrop", "postmap",
            "postalias"]


@pytest.mark.parametrize("name", COMMANDS)
def test_help(place, name):
    done = run([place.sbin / name, "--help"])
    assert done.returncode == 0 and len((done.stdout + done.stderr).splitlines()) >= 3


@pytest.mark.parametrize("name", COMMANDS)
def test_bad_option_is_named(make_suite, name):
    done = make_suite(start=False).command(name, "--no-such-option" if name != "sendmail" else "-Z")
    assert done.returncode != 0
    assert re.search(r"-Z|no-such-option", done.stdout + done.stderr), done.stdout + done.stderr


@pytest.fixture
def waiting(make_suite):
    """A suite with three messages in its deferred queue."""
    suite = make_suite({"relayhost": "[127.0.0.1]:9"})
    for i in range(3):
        suite.send(message(f"waiting-{i}"), sender=f"from{i}@client.test", to=[f"to{i}@site{i}.example"])
    assert wait_for(lambda: len(suite.queue_files("deferred")) == 3 and not suite.queue_files("active"))
    return suite


def test_mailq(waiting):
    for name, *args in (("mailq",), ("postqueue", "-p"), ("sendmail", "-bp")):
        done = waiting.command(name, *args)
        assert done.returncode == 0, done.stderr
        lines = done.stdout.splitlines()
        assert lines[0] == "----Queue ID----- --Size-- ---Arrival Time---- --Sender/Recipient------"
        assert re.search(r"^\w{12,} +\d+ \w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d +from1@client\.test$", done.stdout, re.M)
        assert re.search(r"^ *\(connect to 127\.0\.0\.1\[127\.0\.0\.1\]:9: Connection refused\)$", done.stdout, re.M)
        assert re.search(r"^ +to1@site1\.example$", done.stdout, re.M)
        assert re.match(r"-- \d+ Kbytes in 3 Requests\.$", lines[-1])


def test_mailq_json(waiting):
    queue = waiting.queue()
    assert sorted(q["sender"] for q in queue) == [f"from{i}@client.test" for i in range(3)]
    one = next(q for q in queue if q["sender"] == "from2@client.test")
    assert one["queue_name"] == "deferred" and one["message_size"] > 0 and one["arrival_time"] > 1700000000
    assert one["recipients"][0]["address"] == "to2@site2.example"
    assert "Connection refused" in one["recipients"][0]["delay_reason"]


def test_empty_queue(suite):
    done = suite.command("postqueue", "-p")
    assert (done.returncode, done.stdout.strip()) == (0, "Mail queue is empty")


def test_flush(waiting, sink):
    waiting.set(relayhost=sink.hop)
    waiting.reload()
    one = waiting.queue()[0]
    assert waiting.command("postqueue", "-i", one["queue_id"]).returncode == 0
    assert wait_for(lambda: len(sink.messages) == 1)
    site = waiting.queue()[0]["recipients"][0]["address"].split("@")[1]
    assert waiting.command("postqueue", "-s", site).returncode == 0
    assert wait_for(lambda: len(sink.messages) == 2)
    assert sink.messages[1].rcpts[0].endswith(site)
    assert waiting.command("postqueue", "-f").returncode == 0
    waiting.wait_empty()
    assert len(sink.messages) == 3


def test_postsuper(waiting, sink):
    ids = [q["queue_id"] for q in waiting.queue()]
    done = waiting.command("postsuper", "-d", ids[0])
    assert done.returncode == 0 and f"postsuper: {ids[0]}: removed" in done.stderr + done.stdout
    assert "Deleted: 1 message" in done.stderr + done.stdout
    done = waiting.command("postsuper", "-h", ids[1])
    assert done.returncode == 0 and "Placed on hold: 1 message" in done.stderr + done.stdout
    assert wait_for(lambda: [q["queue_name"] for q in waiting.queue() if q["queue_id"] == ids[1]] == ["hold"])
    assert "!" in waiting.command("postqueue", "-p").stdout
    done = waiting.command("postsuper", "-H", "ALL")
    assert done.returncode == 0 and "Released from hold: 1 message" in done.stderr + done.stdout
    waiting.set(relayhost=sink.hop)
    waiting.reload()
    done = waiting.command("postsuper", "-r", "ALL")
    # What is being tried at this moment is not touched.
    assert done.returncode == 0 and re.search(r"Requeued: [12] message", done.stderr + done.stdout), done.stderr
    waiting.command("postqueue", "-f")
    waiting.wait_empty()
    assert len(sink.messages) == 2


def test_postsuper_while_stopped(waiting):
    ids = sorted(q["queue_id"] for q in waiting.queue())
    waiting.stop()
    assert waiting.command("postsuper", "-h", ids[0]).returncode == 0
    assert [p.name for p in waiting.queue_files("hold")] == [ids[0]]
    done = waiting.command("postsuper", "-d", "-", input=f"{ids[1]}\n")
    assert done.returncode == 0, done.stderr
    done = waiting.command("postsuper", "-d", "ALL", "hold")
    assert done.returncode == 0, done.stderr
    assert [p.name for p in waiting.queue_files()] == [ids[2]]


def test_postcat(waiting):
    one = waiting.queue()[0]
    done = waiting.command("postcat", "-q", one["queue_id"])
    assert done.returncode == 0, done.stderr
    out = done.stdout
    for want in (one["sender"], one["recipients"][0]["address"], "Subject: waiting-", "Connection refused", "127.0.0.1",
                 "client.test", "ESMTP"):
        assert want in out, want
    assert waiting.command("postcat", "-q", "4zzzzzzzzzzzzz").returncode != 0
    done = waiting.command("postcat", "/etc/passwd")
    assert done.returncode != 0 and "/etc/passwd" in done.stderr


def test_postlog(suite):
    assert suite.command("postlog", "-t", "postfix/script", "-p", "warn", "hello there").returncode == 0
    suite.wait_log(r"postfix/script\[\d+\]: warning: hello there")
    assert suite.command("postlog", input="by pipe\n").returncode == 0
    suite.wait_log(r"by pipe")


def test_newaliases(make_suite):
    suite = make_suite(start=False)
    (suite.dir / "a").write_text("joe: jim\n")
    suite.set(alias_database=f"texthash:{suite.dir}/a hash:{suite.dir}/a")
    done = suite.command("newaliases")
    assert done.returncode == 0
    assert "texthash" in done.stdout and "nothing to do" in done.stdout
    assert suite.command("postalias", "-q", "Joe", f"hash:{suite.dir}/a").stdout == "jim\n"


def test_postconf(make_suite):
    suite = make_suite(start=False)

    def pc(*args):
        done = suite.command("postconf", *args)
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert pc("myhostname") == f"myhostname = {DOMAIN}\n"
    assert pc("-h", "myhostname") == f"{DOMAIN}\n"
    assert pc("-d", "smtpd_timeout") == "smtpd_timeout = ${stress?{10}:{300}}s\n"
    assert "smtpd_peername_lookup = no\n" in pc("-n")
    pc("-e", "smtpd_timeout = 17s", "mua_restrictions=permit", "smtpd_sender_restrictions=$mua_restrictions")
    assert pc("smtpd_timeout") == "smtpd_timeout = 17s\n" and pc("-h", "mua_restrictions") == "permit\n"
    assert "static\n" in pc("-m") and "texthash\n" in pc("-m")
    assert re.search(r"^cleanup +unix +n ", pc("-M"), re.M)
    pc("-MX", "lmtp/unix")
    assert not re.search(r"^lmtp ", pc("-M"), re.M)
    assert pc("-h", "mail_version").strip()
    done = suite.command("postconf", "no_such_parameter")
    assert "no_such_parameter" in done.stderr


def test_check_tells_what_to_do(make_suite, place):
    suite = make_suite()
    done = suite.command("sallyport", "check")
    assert done.returncode == 0, done.stdout + done.stderr
    (suite.spool / "incoming").chmod(0o777)
    done = suite.command("sallyport", "check")
    said = done.stdout + done.stderr
    assert "incoming" in said and "set-permissions" in said, said
    assert suite.command("sallyport", "set-permissions").returncode == 0
    assert (suite.spool / "incoming").stat().st_mode & 0o777 == 0o700
    assert "incoming" not in (lambda d: d.stdout + d.stderr)(suite.command("sallyport", "check"))


def test_sendmail_while_stopped(make_suite, place):
    suite = make_suite()
    suite.stop()
    done = suite.sendmail("-f", "someone@client.test", suite.user)
    assert done.returncode == 0, done.stderr
    assert len(suite.queue_files("maildrop")) == 1
    assert "mail system is" in suite.command("mailq").stderr.lower() + suite.command("mailq").stdout.lower()
    suite.start()
    assert suite.wait_mail().startswith(b"Return-Path: <someone@client.test>\n")


def test_sendmail_as_an_ordinary_user(suite, place):
    if not place.root:
        pytest.skip("needs root to become somebody else")
    user = place.users[1]
    env = dict(os.environ, MAIL_CONFIG=str(suite.etc))
    done = run(["setpriv", "--reuid", user, "--regid", user, "--clear-groups", place.sbin / "sendmail", suite.user],
               env=env, input="Subject: from a user\n\nhi\n", cwd="/")
    assert done.returncode == 0, done.stderr
    got = suite.wait_mail()
    assert f"\nFrom: {user}@".encode() in got or f"<{user}@".encode() in got


def test_sendmail_t(suite):
    text = (f"To: Somebody <{suite.user}>,\n  root\nCc: {suite.address()}\nBcc: hidden@{DOMAIN}, {suite.user}\n"
            "Subject: recipients from the header\n\nhello\n")
    assert suite.sendmail("-t", text=text).returncode == 0
    suite.wait_log(r"to=<%s>.*delivered to maildir" % re.escape(suite.address()))
    got = next(m for m in suite.mails() if not m.startswith(b"Return-Path: <>"))  # the bounce for hidden comes as well
    assert b"\nBcc:" not in got and b"hidden" not in got
    suite.wait_log(r"to=<hidden@%s>.*status=bounced" % re.escape(DOMAIN))


@pytest.mark.parametrize("args, text, status", [
    ((), "Subject: x\n\nx\n", 64), (("-t",), "Subject: nobody\n\nx\n", (64, 65, 67)), (("-f", "a\nb", "c"), "\nx\n", (64, 65)),
    (("bad\raddress",), "\nx\n", (64, 65, 67))])
def test_sendmail_refuses(make_suite, args, text, status):
    suite = make_suite()
    suite.stop()
    done = suite.sendmail(*args, text=text)
    assert done.returncode in (status if isinstance(status, tuple) else (status,)), (done.returncode, done.stderr)
    assert done.stderr.startswith("sendmail: ")
    assert not suite.queue_files()


@pytest.mark.parametrize("lines", [1, 30000])
def test_sendmail_when_postdrop_fails(make_suite, lines):
    """Its exit status and its reason are the user's, whether postdrop is a child or what sendmail has become."""
    suite = make_suite({"message_size_limit": "20"})
    text = "Subject: x\n\n" + "too many octets\n" * lines
    done = suite.sendmail("-f", "a@client.test", suite.user, text=text)
    assert (done.returncode, done.stdout) == (65, ""), done
    assert "message file too big" in done.stderr
    assert suite.command("postconf", "-e", "command_directory=/nonexistent").returncode == 0
    done = suite.sendmail("-f", "a@client.test", suite.user, text=text)
    assert (done.returncode, done.stdout) == (69, ""), done
    assert done.stderr.startswith("sendmail: fatal: cannot run /nonexistent/postdrop: "), done.stderr
    assert not suite.queue_files("maildrop")


def test_sendmail_in_a_hostile_environment(suite):
    """Closed descriptors, tiny limits, strange variables: an error or a delivery, and never half a message."""
    script = f"exec <&- >&- 2>&-; ulimit -n 8; exec {suite.place.sbin}/sendmail {suite.user}"
    run(["/bin/sh", "-c", script], env={"MAIL_CONFIG": str(suite.etc), "IFS": "/", "PATH": "/nonexistent", "TZ": "../../etc/passwd"})
    run(["/bin/sh", "-c", f"ulimit -f 1; exec {suite.place.sbin}/sendmail {suite.user}"], env={"MAIL_CONFIG": str(suite.etc)},
        input="Subject: long\n\n" + "x" * 70 + "\n" * 100000)
    assert suite.sendmail(suite.user).returncode == 0
    suite.wait_mail()
    suite.wait_empty()
    assert all(b"Subject: long" not in m for m in suite.mails())
