# SPDX-License-Identifier: Apache-2.0
"""Bad main.cf and master.cf: one message with file and line, no crash, and nothing that hangs."""

import os
import re

import pytest

from support.place import run

MAIN = "compatibility_level = 3.6\nmyhostname = a.example.org\n"
MASTER = "127.0.0.1:2599 inet n - n - - smtpd\n"
LONG = 1 << 20
BINARY = b"\x7fELF\x02\x01\x01\0\0\0" + bytes(range(256)) * 8
BYTES = bytes(range(1, 256)) * 4

# What is in the file, and the number of the line that is wrong; 0 for the file as a whole.
BAD_MAIN = {
    "binary": (BINARY, 1),
    "bytes": (BYTES, 1),
    "long line": (MAIN.encode() + b"x = " + b"a" * LONG + b"\n", 3),
    "long continuation": (MAIN.encode() + b"x =\n" + b" a a a a a a a a a\n" * 60000, 3),
    "open brace": (MAIN + "relayhost = ${x\n", 3),
    "open braces": (MAIN + "relayhost = ${{a} == {b\n", 3),
    "open bracket": (MAIN + "\n# comment\nrelayhost = $(x", 5),
    "itself": (MAIN + "a = $a\n", 3),
    "circle": (MAIN + "a = ${b?x}\nb = $c\nc = x$a\n", 3),
    "deep": (MAIN + "".join(f"v{i} = $v{i + 1}\n" for i in range(20000)), 53),
    "growing": (MAIN + "v0 = xxxxxxxxxx\n" + "".join(f"v{i + 1} = $v{i}$v{i}\n" for i in range(60)), 20),
    "out of range": (MAIN + "smtpd_recipient_limit = -5\n", 3),
    "huge number": (MAIN + "message_size_limit = 99999999999999999999\n", 3),
    "unit": (MAIN + "smtpd_timeout = 5x\n", 3),
    "unit of a size": (MAIN + "message_size_limit = 10M\n", 3),
    "boolean": (MAIN + "biff = maybe\n", 3),
    "family": (MAIN + "relay_destination_rate_delay = soon\n", 3),
    "level": (MAIN + "compatibility_level = 3.x\n", 3),
    "no equals sign": (MAIN + "justaword\n", 3),
    "no name": (MAIN + "= value\n", 3),
    "folder": (None, 0),
    "absent": (..., 0),
    "fifo": (os.mkfifo, 0),
    "dangling": (lambda path: path.symlink_to("/nowhere/at/all"), 0),
}
BAD_MASTER = {
    "binary": (BINARY, 1),
    "bytes": (BYTES, 1),
    "long line": (MASTER.encode() + b"x unix - - n - - smtp " + b"a" * LONG + b"\n", 2),
    "many words": (MASTER + "x unix - - n - - smtp " + "a " * 100000, 2),
    "open brace": (MASTER + "a unix - - n - - smtp\n  -o { x = y\n", 2),
    "brace in a word": (MASTER + "a unix - - n - - smtp {a}b\n", 2),
    "-o without a value": (MASTER + "a unix - - n - - smtp -o x\n", 2),
    "-o without anything": (MASTER + "a unix - - n - - smtp -o\n", 2),
    "-o itself": (MASTER + "a unix - - n - - smtp -o smtp_helo_name=$smtp_helo_name\n", 2),
    "-o unit": (MASTER + "a unix - - n - - smtp -o smtp_helo_timeout=5x\n", 2),
    "-o family": (MASTER + "a unix - - n - - smtp -o a_destination_concurrency_limit=many\n", 2),
    "columns": (MASTER + "# comment\na unix - -", 3),
    "type": (MASTER + "a sock - - n - - smtp\n", 2),
    "flag": (MASTER + "a unix x - n - - smtp\n", 2),
    "wakeup": (MASTER + "a unix - - n 5m - smtp\n", 2),
    "limit": (MASTER + "a unix - - n - -1 smtp\n", 2),
    "huge limit": (MASTER + "a unix - - n - 99999999999999999999 smtp\n", 2),
    "path": (MASTER + "a unix - - n - - ../../bin/sh\n", 2),
    "folder": (None, 0),
    "absent": (..., 0),
    "fifo": (os.mkfifo, 0),
    "dangling": (lambda path: path.symlink_to("/nowhere/at/all"), 0),
}
GOOD_MAIN = {
    "no newline at the end": MAIN + "mydomain = example.org",
    "CRLF": (MAIN + "mydomain = example.org\n").replace("\n", "\r\n"),
    "empty": "",
    "white space": "  myhostname = x\n  y\n" + MAIN,
    "nested": MAIN + "relayhost = " + "${a?{" * 40 + "x" + "}}" * 40 + "\n",
    "long": MAIN + "x = " + "a" * (LONG - 4096) + "\n",
}
GOOD_MASTER = {
    "no newline at the end": MASTER[:-1],
    "CRLF": (MASTER + "  -o { smtpd_banner = x\n  }\n").replace("\n", "\r\n"),
    "empty": "",
    "white space": "\n  smtp inet n - n - - nosuch\n  -o x\n" + MASTER,
}


def put(folder, place, name, what):
    """A folder with one file as what says, and the other one good."""
    folder.mkdir()
    (folder / "main.cf").write_text(MAIN + f"daemon_directory = {place.libexec}\nqueue_directory = {folder}/spool\n")
    (folder / "master.cf").write_text(MASTER)
    path = folder / name
    path.unlink()
    if what is None:
        path.mkdir()
    elif callable(what):
        what(path)
    elif what is not ...:
        path.write_bytes(what.encode() if isinstance(what, str) else what)
    return folder


def commands(place, folder, to):
    return [("check", [place.sbin / "sallyport", "-c", folder, "check"]),
            ("start", [place.sbin / "sallyport", "-c", folder, "start"]),
            ("reload", [place.libexec / "master", "-C", "-c", folder]),
            ("import", [place.sbin / "sallyport", "import", "--to", to, folder])]


def refuses(place, folder, to, name, line):
    for what, command in commands(place, folder, to):
        done = run(command, timeout=20)
        said = done.stdout + done.stderr
        assert done.returncode in (1, 78), f"{what}: {done.returncode}\n{said[:2000]}"
        assert "panic" not in said
        where = rf"\b{name}(, line |:){line}\b" if line else rf"open {folder}/{name}: "
        told = [text for text in said.splitlines() if re.search(where, text)]
        # At a start master may have the last word.
        assert 1 <= len(told) <= (2 if what == "start" else 1), f"{what}:\n{said[:2000]}"
    assert not to.exists()
    assert not (folder / "spool/pid").exists() or not (folder / "spool/pid/master.pid").exists()


@pytest.mark.parametrize("case", BAD_MAIN)
def test_main_cf(place, tmp_path, case):
    what, line = BAD_MAIN[case]
    refuses(place, put(tmp_path / "etc", place, "main.cf", what), tmp_path / "to", "main.cf", line)


@pytest.mark.parametrize("case", BAD_MASTER)
def test_master_cf(place, tmp_path, case):
    what, line = BAD_MASTER[case]
    refuses(place, put(tmp_path / "etc", place, "master.cf", what), tmp_path / "to", "master.cf", line)


@pytest.mark.parametrize("name", ["main.cf", "master.cf"])
def test_no_permission(place, tmp_path, name):
    folder = put(tmp_path / "etc", place, name, MAIN if name == "main.cf" else MASTER)
    (folder / name).chmod(0)
    if place.root:
        for above in (tmp_path, *tmp_path.parents[:3]):
            above.chmod(above.stat().st_mode | 0o055)
    as_user = ["runuser", "-u", place.users[0], "--"] if place.root else []
    for what, command in commands(place, folder, tmp_path / "to"):
        if what == "start":
            continue  # the user may not make its folders either
        done = run(as_user + command, timeout=20)
        said = done.stdout + done.stderr
        assert done.returncode in (1, 78), f"{what}: {done.returncode}\n{said}"
        assert said.count(f"open {folder}/{name}: Permission denied") == 1, f"{what}:\n{said}"


@pytest.mark.parametrize("name, case", [("main.cf", c) for c in GOOD_MAIN] + [("master.cf", c) for c in GOOD_MASTER])
def test_unusual_but_good(place, tmp_path, name, case):
    folder = put(tmp_path / "etc", place, name, (GOOD_MAIN if name == "main.cf" else GOOD_MASTER)[case])
    for what, command in commands(place, folder, tmp_path / "to"):
        if what in ("reload", "import"):
            done = run(command, timeout=20)
            assert done.returncode == 0, f"{what}: {done.stdout}{done.stderr}"
        if what == "check":
            assert ("line_left_out" in run([*command, "--json"]).stdout) == (case == "white space")
