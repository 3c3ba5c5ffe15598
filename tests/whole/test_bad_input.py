# SPDX-License-Identifier: Apache-2.0
"""Bad input: a clear answer, a log line, and nothing lost."""

import contextlib
import os
import pathlib
import random
import re
import shutil
import socket
import subprocess
import time

import pytest

from support.place import must, run
from support.suite import DOMAIN, message, wait_for

# ---- configuration ----

MAIN = [
    ("myhostname suite.test\n", r"main\.cf, line \d+: .*="),
    ("message_size_limit = lots\n", r"main\.cf.*message_size_limit.*lots"),
    ("smtpd_timeout = 5x\n", r"main\.cf.*smtpd_timeout"),
    ("default_process_limit = -1\n", r"main\.cf.*default_process_limit"),
    ("disable_vrfy_command = maybe\n", r"main\.cf.*disable_vrfy_command"),
    ("a = $b\nb = $a\nmyhostname = $a\n", r"main\.cf.*(\ba\b.*\bb\b|\bb\b.*\ba\b)"),
    ("myhostname = ${x\n", r"main\.cf"),
    ("relay_domains = zork:/etc/x\n", r"zork"),
    ("smtpd_relay_restrictions = permit_mynetwork, reject\n", r"permit_mynetwork"),
]


@pytest.mark.parametrize("text, complaint", MAIN, ids=[m[0].split("\n")[0] for m in MAIN])
def test_main_cf(make_suite, text, complaint):
    suite = make_suite(start=False)
    with open(suite.etc / "main.cf", "a") as f:
        f.write(text)
    done = suite.command("sallyport", "start")
    said = done.stdout + done.stderr + suite.log()
    if done.returncode == 0:  # a table or restriction that only one daemon reads: that one says so and does not serve
        with socket.create_connection(("127.0.0.1", suite.port), 10):
            suite.wait_log(complaint)
    else:
        assert re.search(complaint, said), said
        assert suite.master_pid() is None


MASTER = [
    ("smtp inet n - n\n", r"master\.cf, line \d+"),
    ("smtp mystery n - n - - smtpd\n", r"master\.cf, line \d+.*mystery"),
    ("x unix maybe - n - - smtpd\n", r"master\.cf, line \d+.*maybe"),
    ("x unix n - n soon - smtpd\n", r"master\.cf, line \d+.*soon"),
    ("x unix n - n - many smtpd\n", r"master\.cf, line \d+.*many"),
]


@pytest.mark.parametrize("text, complaint", MASTER, ids=[m[0].strip() for m in MASTER])
def test_master_cf(make_suite, text, complaint):
    suite = make_suite(start=False)
    path = suite.etc / "master.cf"
    path.write_text(path.read_text() + text)
    done = suite.command("sallyport", "start")
    assert done.returncode != 0
    assert re.search(complaint, done.stdout + done.stderr + suite.log()), done.stdout + done.stderr
    assert suite.master_pid() is None


def test_master_cf_begins_with_a_continuation(make_suite):
    """As in Postfix the line is passed over, and one hears of it."""
    suite = make_suite(start=False)
    path = suite.etc / "master.cf"
    path.write_text("  -o stray=1\n" + path.read_text())
    done = suite.command("sallyport", "start")
    assert done.returncode == 0 and "master.cf, line 1: logical line must not start with whitespace" in done.stderr
    suite.send(message("all the same"))
    suite.wait_mail()


def test_reload_of_a_broken_configuration(suite):
    """The running one stays."""
    suite.send(message("before"))
    suite.wait_mail()
    with open(suite.etc / "main.cf", "a") as f:
        f.write("smtpd_timeout = 5x\n")
    done = suite.command("sallyport", "reload")
    assert done.returncode != 0 and re.search(r"main\.cf, line \d+: .*smtpd_timeout", done.stdout + done.stderr)
    suite.send(message("still"))
    suite.wait_mails(2)


# ---- clients ----

def connect(suite):
    s = socket.create_connection(("127.0.0.1", suite.port), 20)
    f = s.makefile("rwb", buffering=0)
    assert f.readline().startswith(b"220 ")
    return s, f


def data(suite, f, s):
    """A transaction up to 354."""
    s.sendall(b"EHLO x\r\n")
    while f.readline()[3:4] == b"-":
        pass
    s.sendall(b"MAIL FROM:<a@client.test>\r\nRCPT TO:<%b>\r\nDATA\r\n" % suite.address().encode())
    while not (line := f.readline()).startswith(b"354"):
        assert line.startswith(b"250"), line


def replies(f):
    """All that comes until the connection closes or 3 seconds of silence."""
    out = []
    try:
        while line := f.readline():
            out.append(line)
    except OSError:
        pass
    return out


ENDINGS = [b"\n.\n", b"\n.\r\n", b"\r\n.\n", b"\r.\r", b"\r\n.\r", b"\r.\r\n", b"\r\n\0.\r\n", b"\r\n.\0\r\n", b"\n\0.\r\n"]


@pytest.mark.parametrize("ending", ENDINGS, ids=[repr(e) for e in ENDINGS])
def test_smuggling(suite, ending):
    """V-01: however the end is written, one message or none, and never a second one."""
    s, f = connect(suite)
    data(suite, f, s)
    s.sendall(b"Subject: first\r\n\r\nbody" + ending +
              b"MAIL FROM:<evil@client.test>\r\nRCPT TO:<%b>\r\nDATA\r\nSubject: second\r\n\r\nevil\r\n.\r\nQUIT\r\n"
              % suite.address().encode())
    said = replies(f)
    s.close()
    assert said and said[0][:3] in (b"250", b"550", b"521", b"554"), said
    assert not any(line.startswith(b"354") for line in said)
    suite.wait_empty()
    assert not any(b"Subject: second" in m.split(b"\n\n")[0] for m in suite.mails())
    assert len(suite.mails()) <= 1


def test_client_that_leaves_in_the_middle_of_data(suite):
    for text in (b"Subj", b"Subject: x\r\n\r\n" + b"y" * 100000):
        s, f = connect(suite)
        data(suite, f, s)
        s.sendall(text)
        f.close()
        s.close()
    suite.wait_log(r"lost connection after DATA .*from unknown\[127\.0\.0\.1\]", count=2)
    assert wait_for(lambda: not suite.queue_files())
    assert not suite.mails()


def test_endless_line(suite):
    s, f = connect(suite)
    try:
        for _ in range(200):
            s.sendall(b"x" * 100000)
    except OSError:
        pass
    assert len(replies(f)) < 5
    suite.send()  # others are served
    suite.wait_mail()


def test_commands_out_of_order(suite):
    s, f = connect(suite)
    s.sendall(b"EHLO x\r\n")
    while f.readline()[3:4] == b"-":
        pass
    for command, code in ((b"RCPT TO:<a@b>", b"503"), (b"DATA", b"503"), (b"BDAT 3 LAST\r\nabc\r", b"503"), (b"NONSENSE", b"5"),
                          (b"MAIL FROM:<a@client.test>", b"250"), (b"MAIL FROM:<b@client.test>", b"503"),
                          (b"DATA", b"554 5.5.1"), (b"RSET", b"250"), (b"VRFY root", b"25")):
        s.sendall(command + b"\r\n" if not command.endswith(b"\r") else command[:-1])
        got = f.readline()
        assert got.startswith(code), (command, got)
    s.close()


def test_too_many_errors(make_suite):
    suite = make_suite({"smtpd_error_sleep_time": "0", "smtpd_hard_error_limit": "5"})
    s, f = connect(suite)
    s.sendall(b"WHAT\r\n" * 20)
    said = replies(f)
    assert said[-1].startswith(b"421 4.7.0 ") and len(said) <= 7
    suite.wait_log(r"too many errors after ")


def test_random_bytes_everywhere(suite):
    """Noise at the network port and at each socket: the daemons go on."""
    rng = random.Random(4)
    sockets = [("127.0.0.1", suite.port)] * 5 + [str(p) for d in ("public", "private") for p in (suite.spool / d).iterdir()
                                                 if p.is_socket()]
    for to in sockets:
        for _ in range(3):
            kind = socket.AF_INET if isinstance(to, tuple) else socket.AF_UNIX
            with socket.socket(kind, socket.SOCK_STREAM) as s:
                s.settimeout(2)
                try:
                    s.connect(to)
                    s.sendall(rng.randbytes(rng.randrange(1, 70000)))
                    s.shutdown(socket.SHUT_WR)
                    s.recv(1000)
                except OSError:
                    pass
    suite.send()
    suite.wait_mail()
    assert "panic" not in suite.log() and "died" not in suite.log()


# ---- where mail cannot go ----

def test_unreachable_host(make_suite):
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]  # bound, and nobody listens
        suite = make_suite({"relayhost": f"[127.0.0.1]:{port}"})
        suite.send(to=["x@far.example"])
        suite.wait_log(r"to=<x@far\.example>, relay=none, .*dsn=4\.4\.1, status=deferred "
                       r"\(connect to 127\.0\.0\.1\[127\.0\.0\.1\]:%d: Connection refused\)" % port)
        assert len(suite.queue_files("deferred")) == 1


@pytest.fixture
def small_disk(place):
    if not place.root:
        pytest.skip("needs root to mount a small file system")
    path = place.base / "small"
    path.mkdir(mode=0o755, exist_ok=True)
    if run(["mount", "-t", "tmpfs", "-o", "size=2m,mode=755", "none", path]).returncode != 0:
        pytest.skip("cannot mount a tmpfs here")
    yield path
    for _ in range(50):
        if run(["umount", path]).returncode == 0:
            break
        time.sleep(0.1)


def test_full_disk_while_receiving(make_suite, small_disk):
    suite = make_suite({"queue_directory": small_disk / "spool", "queue_minfree": "0", "message_size_limit": "1000000"}, start=False)
    suite.spool = small_disk / "spool"
    suite.start()
    filler = small_disk / "filler"
    with suite.smtp() as client:
        client.ehlo()
        assert client.mail("a@client.test")[0] == 250
        assert client.rcpt(suite.address())[0] == 250
        with contextlib.suppress(OSError), open(filler, "wb", buffering=0) as f:
            while f.write(bytes(4096)):
                pass
        code, text = client.data(message("big") + ("y" * 76 + "\r\n") * 6000)
        assert code == 452 and text.startswith(b"4.3.1 "), (code, text)
    assert not suite.queue_files()
    filler.unlink()
    suite.send(message("small"))
    suite.wait_mail()
    suite.stop()


# ---- queue files ----

def held_message(suite):
    """A message that lies in hold/, and its file."""
    suite.set(defer_transports="smtp local relay")
    suite.reload()
    suite.send(message("lying"))
    found = wait_for(lambda: suite.queue_files("deferred", "active"))
    assert found
    queue_id = found[0].name
    assert suite.command("postsuper", "-h", queue_id).returncode == 0
    assert wait_for(lambda: suite.queue_files("hold"))
    return queue_id, suite.queue_files("hold")[0]


@pytest.mark.limit(150)
def test_damaged_files(make_suite):
    """Cut anywhere, altered anywhere: to corrupt/ with a log line, and the suite goes on."""
    suite = make_suite()
    queue_id, path = held_message(suite)
    good = path.read_bytes()
    stat = path.stat()
    suite.stop()
    path.unlink()
    rng = random.Random(7)
    n = 40
    for i in range(n):
        data = bytearray(good)
        if i % 2:
            del data[rng.randrange(1, len(data)):]
        else:
            at = rng.choice([rng.randrange(0, 64), rng.randrange(len(data) - 600, len(data) - 10)])
            data[at] ^= 1 << rng.randrange(8)
        if bytes(data) == good:
            continue
        to = suite.spool / "active" / f"{queue_id[:-2]}{chr(66 + i // 20)}{'BCDFGHJKLMNPQRSTVWXY'[i % 20]}"
        to.write_bytes(data)
        os.chown(to, stat.st_uid, stat.st_gid)
        to.chmod(0o600)
    suite.start()
    suite.wait_log(r"(?i)corrupt", count=1)
    assert wait_for(lambda: not suite.queue_files("active", "incoming"), 30), suite.queue_files()
    assert len(suite.queue_files("corrupt")) >= n // 2
    suite.set(defer_transports="")
    suite.reload()
    suite.send(message("after"))
    assert wait_for(lambda: any(b"Subject: after" in m for m in suite.mails()), 30)


def test_unfinished_files_in_incoming(suite):
    """What was never accepted goes away; what is no queue file does not stay either."""
    suite.stop()
    owner = (suite.spool / "incoming").stat()
    for name, data in (("4jYZ9x0vtYz34B", b""), ("4jYZ9x0vtYz34C", b"SALLYQ1\n" + bytes(56) + b"body")):
        path = suite.spool / "incoming" / name
        path.write_bytes(data)
        os.chown(path, owner.st_uid, owner.st_gid)
        os.utime(path, (1, 1))  # long enough ago that nobody can be about to lock it
    suite.start()
    assert wait_for(lambda: not suite.queue_files("incoming", "active"))


def test_maildrop_with_anything_in_it(suite):
    """Whatever lies there: the suite goes on, and nothing that is no submission becomes mail."""
    drop = suite.spool / "maildrop"
    for i, data in enumerate((b"", b"\0" * 5000, os.urandom(3000), b"submission_mail\0version=1\0sender=x\0\0",
                              b"submission_mail\0version=99\0sender=x\0\0submission_end\0\0text")):
        path = drop / f"4zzzzzzzzzzz{'BCDFG'[i]}zz"
        path.write_bytes(data)
        path.chmod(0o744)
    (drop / "folder").mkdir()
    os.symlink("/etc/passwd", drop / "4zzzzzzzzzzzHzz")
    os.mkfifo(drop / "4zzzzzzzzzzzJzz")
    assert suite.sendmail(suite.user).returncode == 0
    suite.wait_mail()
    assert pathlib.Path("/etc/passwd").exists()
    suite.stop()
    assert len(suite.mails()) == 1
    for path in list(drop.iterdir()):
        shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
