# SPDX-License-Identifier: Apache-2.0
"""The life of a suite: start, stop, reload, status, and what is left behind."""

import os
import pathlib
import pwd
import re
import signal
import socket
import subprocess
import time

import pytest

from support.place import run
from support.suite import DOMAIN, message, wait_for


def processes_of(suite):
    """Every process whose environment or arguments name this suite's folder, or that is master's child."""
    out = []
    for p in pathlib.Path("/proc").iterdir():
        if p.name.isdigit():
            try:
                if f"MAIL_CONFIG={suite.etc}".encode() in (p / "environ").read_bytes().split(b"\0"):
                    out.append(int(p.name))
            except OSError:
                pass
    return out


def test_stop_leaves_no_process(suite):
    suite.send()
    suite.wait_mail()
    assert processes_of(suite)
    suite.stop()
    assert wait_for(lambda: not processes_of(suite), 10), processes_of(suite)
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.1", suite.port), 2)


def test_abort(suite):
    with suite.smtp() as client:
        client.ehlo()
        assert suite.command("sallyport", "abort").returncode == 0
        assert wait_for(lambda: not processes_of(suite), 10), processes_of(suite)
        with pytest.raises(Exception):
            client.noop()
            client.noop()


def test_stop_lets_a_session_finish(suite):
    with suite.smtp() as client:
        client.ehlo()
        client.mail("a@client.test")
        client.rcpt(suite.address())
        stopping = subprocess.Popen([suite.place.sbin / "sallyport", "stop"], env=dict(os.environ, MAIL_CONFIG=str(suite.etc)))
        time.sleep(0.5)
        assert client.data(message("last"))[0] == 250
    assert stopping.wait(30) == 0
    suite.start()
    suite.wait_mail()


def test_second_master_is_refused(suite):
    done = suite.command("sallyport", "start")
    assert done.returncode != 0
    assert "already running" in done.stdout + done.stderr + suite.log()
    suite.send()
    suite.wait_mail()


def test_status(suite):
    done = suite.command("sallyport", "status")
    assert done.returncode == 0 and str(suite.master_pid()) in done.stdout + done.stderr
    assert "has changed" not in done.stdout
    main_cf = suite.etc / "main.cf"
    main_cf.write_text(main_cf.read_text() + "smtpd_timeout = 5x\n")
    assert f"{main_cf} has changed since it was read; \"sallyport reload\" puts" in suite.command("sallyport", "status").stdout
    assert suite.command("sallyport", "reload").returncode != 0
    assert f"{main_cf} has changed since it was read" in suite.command("sallyport", "status").stdout
    main_cf.write_text(main_cf.read_text().replace("= 5x", "= 5s"))
    assert suite.command("sallyport", "reload").returncode == 0
    assert "has changed" not in suite.command("sallyport", "status").stdout
    suite.stop()
    assert suite.command("sallyport", "status").returncode != 0


def test_accounts_and_sandbox(suite, place):
    """Each daemon runs with the account of its kind, and cannot get rights back."""
    suite.send()
    suite.wait_mail()
    kinds = {"qmgr": "sallyport", "cleanup": "sallyport", "pickup": "sallyport", "smtpd": "sallynet"}
    for program, account in kinds.items():
        pids = suite.pids(program)
        assert pids, program
        for pid in pids:
            status = pathlib.Path(f"/proc/{pid}/status").read_text()
            uids = set(re.search(r"^Uid:\s+(.*)$", status, re.M)[1].split())
            want = pwd.getpwnam(account).pw_uid if place.root else os.geteuid()
            assert uids == {str(want)}, (program, uids)
            assert "NoNewPrivs:\t1" in status, program
    if not place.root:
        assert "privilege separation is off" in suite.command("sallyport", "status").stdout


def test_strangers_at_the_private_sockets(suite, place):
    """A local user cannot talk to the daemons behind private/."""
    if not place.root:
        pytest.skip("needs root to become somebody else")
    script = ("import socket,sys\n"
              "for p in sys.argv[1:]:\n"
              "    s=socket.socket(socket.AF_UNIX)\n"
              "    s.settimeout(3)\n"
              "    try:\n"
              "        s.connect(p); s.sendall(b'hello\\0protocol=x\\0version=1\\0\\0'); print(len(s.recv(9)))\n"
              "    except OSError: print('refused')\n")
    names = [str(p) for p in (suite.spool / "private").iterdir()]
    user = place.users[1]
    done = run(["setpriv", "--reuid", user, "--regid", user, "--clear-groups", "/usr/bin/python3", "-c", script, *names])
    assert set(done.stdout.split()) <= {"refused", "0"}, done.stdout


def test_start_fg_logs_to_stdout_and_ends_with_a_signal(make_suite):
    suite = make_suite({"maillog_file": "/dev/stdout", "maillog_file_prefixes": "/dev/stdout"}, start=False)
    process = subprocess.Popen([suite.place.sbin / "sallyport", "start-fg"], env=dict(os.environ, MAIL_CONFIG=str(suite.etc)),
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
    try:
        assert wait_for(lambda: suite.master_pid() == process.pid)
        assert wait_for(lambda: _greets(suite))
        suite.send()
        suite.wait_mail()
    finally:
        process.send_signal(signal.SIGTERM)
        out = process.communicate(timeout=30)[0].decode()
    assert process.returncode == 0
    assert re.search(r"postfix/smtpd\[\d+\]: connect from unknown\[127\.0\.0\.1\]", out), out
    assert not processes_of(suite)


def _greets(suite):
    try:
        with socket.create_connection(("127.0.0.1", suite.port), 2) as s:
            return s.recv(3) == b"220"
    except OSError:
        return False


def test_sd_notify(make_suite, place):
    suite = make_suite(start=False)
    path = place.base / "notify"
    path.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
        s.bind(str(path))
        s.settimeout(20)
        process = subprocess.Popen([suite.place.sbin / "sallyport", "start-fg"], stdin=subprocess.DEVNULL,
                                   env=dict(os.environ, MAIL_CONFIG=str(suite.etc), NOTIFY_SOCKET=str(path)))
        try:
            while "READY=1" not in s.recv(1000).decode():
                pass
        finally:
            process.terminate()
            process.wait(30)


def test_crashing_service_is_throttled_and_said_so(make_suite, place):
    """A program that dies at once: the log says why, and everything else goes on."""
    bad = place.libexec / "dies"
    bad.write_text("#!/bin/sh\nexit 3\n")
    bad.chmod(0o755)
    suite = make_suite(master="trouble unix n - n - - dies\nabsent unix n - n - - no-such-program\n")
    for name in ("trouble", "absent"):
        with socket.socket(socket.AF_UNIX) as s:
            s.connect(str(suite.spool / "public" / name))
            time.sleep(0.2)
    suite.wait_log(r"warning: process \S*dies pid \d+ exit status 3")
    suite.wait_log(r"warning: \S*dies: bad command startup -- throttling")
    suite.wait_log(r"no-such-program.*(No such file|throttling)")
    assert len(re.findall(r"exit status 3", suite.log())) < 5
    suite.send()
    suite.wait_mail()
    bad.unlink()


def test_many_clients_at_once(suite):
    """More sessions than one process takes: another one is there in time."""
    clients = []
    try:
        for _ in range(150):
            s = socket.create_connection(("127.0.0.1", suite.port), 10)
            clients.append(s)
            s.settimeout(10)
            assert s.recv(500).startswith(b"220 ")
        assert len(suite.pids("smtpd")) >= 2
    finally:
        for s in clients:
            s.close()


def test_an_option_of_the_service(make_suite):
    suite = make_suite(master="{port} inet n - n - - smtpd\n  -o smtpd_banner=hello\n  -o {{ syslog_name = other/name }}\n")
    with socket.create_connection(("127.0.0.1", suite.port), 10) as s:
        assert s.recv(100) == b"220 hello\r\n"
    suite.wait_log(r"other/name/smtpd\[\d+\]: connect from")
