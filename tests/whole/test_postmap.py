# SPDX-License-Identifier: Apache-2.0
"""postmap and postalias: every option beside Postfix's own, hostile sources and folders, and whose rights they use."""

import fcntl
import os
import pty
import shutil
import subprocess
import threading
import time

import pytest

from support.tables import TYPES, have, home, ours, theirs  # noqa: F401 (fixtures)

# How it is called, with what on standard input.  The table is "t", of a 1, b 2, C 3; postalias has it with colons.
CALLS = [
    # asking
    ("-q a", ""), ("-q A", ""), ("-f -q A", ""), ("-f -q a", ""), ("-q zz", ""), ("-q ''", ""), ("-o -q a", ""), ("-p -q a", ""),
    ("-q -", "a\n\nb\nzz\n"), ("-q -", "a"), ("-q -", ""), ("-f -q -", "A\nc\nC\n"), ("-u -q a", ""),
    ("-N -q a", ""), ("-r -q a", ""), ("-w -q a", ""), ("-i -q a", ""), ("-q 'a b'", ""), ("-q \xff", ""), ("-u -q \xff", ""),
    ("-q -", "\udcff\na\n"), ("-q a hash:absent", ""), ("-q a {t} hash:absent", ""),
    # listing
    ("-s", ""), ("-f -s", ""), ("-u -s", ""), ("-s hash:absent", ""),
    # removing
    ("-d a", ""), ("-d A", ""), ("-f -d A", ""), ("-f -d a", ""), ("-d zz", ""), ("-d -", "a\nzz\n"), ("-d -", "zz\n"), ("-d -", ""),
    ("-d -", "B\nc"), ("-f -d -", "B\n"), ("-d a hash:absent", ""), ("-o -d a", ""),
    # adding
    ("-i", "x{c} 1\n"), ("-i", "a{c} 9\nX{c} 1\nx{c} 2\n"), ("-i -r", "a{c} 9\nX{c} 1\nx{c} 2\n"), ("-i -w", "a{c} 9\nx{c} 1\nX{c} 2\n"),
    ("-i -f", "A{c} 9\nX{c} 1\n"), ("-i", ""), ("-i -N", "x{c} 1\n"), ("-i -n -N", "x{c} 1\n"),
    ("-i", "x{c} \udcff\ny{c} 1\n"), ("-i -u", "x{c} \udcff\ny{c} 1\n"), ("-i", "# c\nx{c} 1\n 2\n"), ("-i hash:new", "x{c} 1\n"),
    # making anew
    ("", ""), ("-f", ""), ("-r", ""), ("-w", ""), ("-n", ""), ("-N", ""), ("-n -N", ""), ("-p", ""), ("-o", ""), ("-u", ""), ("-v -v", ""),
    ("hash:absent", ""), ("{t} hash:absent", ""),
    # wrong
    ("-q a -d a", ""), ("-s -q a", ""), ("-s -d a", ""), ("-q a -q b", ""), ("-x", ""), ("-q", ""), ("-r -w", ""), ("-i -r -w", "a{c} 9\n"), ("-i -w -r", "a{c} 9\n"), ("nosuch:x", ""),
    ("-q a nosuch:x", ""), ("texthash:{p}", ""), ("-d a texthash:{p}", ""), ("-i texthash:{p}", ""),
]
ONLY_POSTMAP = [
    ("-q a texthash:{p}", ""), ("-s texthash:{p}", ""), ("-s inline:{{a=1}}", ""), ("-s static:x", ""), ("-q a static:x", ""),
    ("-q \xff static:x", ""), ("-u -q \xff static:x", ""), ("-b", ""), ("-h", ""), ("-m", ""), ("-b -q a", ""), ("-h -d a", ""),
    ("-m -q a", ""), ("-m -q -", "a\nb\n"), ("-b -h -q - static:x", "A: b\n\nc\n"), ("-U -q a", ""), ("-U -i", "x 1\n"),
    ("-b -h -q - static:x", "A: \udcff\n\n\udcff\n"), ("-U -b -h -q - static:x", "A: \udcff\n\n\udcff\nx\n"),
    ("-F -q -", "a\n"),
    ("-u -U -h -q - static:x", "A: \udcff\n\n"), ("-F -q a", ""), ("-F -s", ""),
]


def words_of(text, table):
    """As a shell has them, and without one: \\xff is that octet."""
    given = text.replace("{t}", table).replace("{p}", table.partition(":")[2])
    if "''" in given:
        return ["-q", ""]
    words = given.split("'")
    out = words[0].split() + (words[1:2] if len(words) > 1 else [])
    return [os.fsdecode(w.encode().replace(b"\\xff", b"\xff")) for w in out]


def outcome(tools, folder, name, call):
    """What is said, what the table comes to, and the index's mode."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    colon = ":" if name == "postalias" else ""
    args, text = call
    (folder / "t").write_text(f"a{colon} 1\nb{colon} 2\nC{colon} 3\n")
    (folder / "t").chmod(0o640)
    table = f"hash:{folder}/t"
    tools.must(table, name=name)
    if args.split() in (["-p"], ["-o"]):
        (folder / "t.db").unlink()
    words = words_of(args.replace("hash:absent", f"hash:{folder}/absent").replace("hash:new", f"hash:{folder}/new"), table)
    if not any(":" in w for w in words):
        words.append(table)
    done = tools.run(*words, name=name, input=text.replace("{c}", colon))
    said = done.stdout if done.returncode == 0 or "-q" in words else ""
    found = {}
    for index in sorted(folder.glob("*.db")):
        lines = tools.must("-s", f"hash:{index.with_suffix('')}", name=name).splitlines()
        found[index.name] = (sorted(line for line in lines if not line.startswith("YP_")), oct(index.stat().st_mode & 0o777))
    warned = [word for word in ("duplicate", "non-UTF-8", "BASE64") if word in done.stderr]
    # An empty key is in no table of ours, not even in static.
    return done.returncode, sorted(line for line in said.splitlines() if not line.startswith("YP_") and line != "\tx"), found, warned


@pytest.mark.limit(240)
@pytest.mark.parametrize("name", ["postmap", "postalias"])
def test_each_option_does_what_theirs_does(ours, theirs, have, tmp_path, name):
    have("hash")
    different = []
    for call in CALLS + (ONLY_POSTMAP if name == "postmap" else []):
        got = [outcome(tools, tmp_path / "d", name, call) for tools in (ours, theirs)]
        if got[0] != got[1]:
            different.append(f"{name} {call}\n  ours   {got[0]}\n  theirs {got[1]}")
    assert not different, "\n".join(different)


# ---- sources that are none, and that are nonsense ----

def test_what_is_no_file_is_no_source(ours, tmp_path):
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "folder").mkdir()
    (tmp_path / "zero").symlink_to("/dev/zero")
    (tmp_path / "loop").symlink_to("loop")
    for name in ("fifo", "folder", "zero", "loop"):
        done = ours.run(f"hash:{tmp_path}/{name}", timeout=20)
        assert done.returncode == 1 and f"{tmp_path}/{name}" in done.stderr, (name, done.stderr)
        assert not (tmp_path / f"{name}.db").exists()
    (tmp_path / "t").write_text("a 1\n")
    for make in (lambda p: p.mkdir(), os.mkfifo):
        make(tmp_path / "t.db")
        done = ours.run(f"hash:{tmp_path}/t", timeout=20)
        assert done.returncode == 1 and ("no regular file" in done.stderr or "Is a directory" in done.stderr)
        (tmp_path / "t.db").rmdir() if (tmp_path / "t.db").is_dir() else (tmp_path / "t.db").unlink()
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".")] == []


@pytest.mark.parametrize("name", ["postmap", "postalias"])
def test_nonsense_makes_a_table_of_what_is_none(ours, tmp_path, name):
    """No content ends the program, or leaves anything behind but a whole table."""
    long = "x" * 3_000_000
    texts = [b"", b"\0", b"a 1\0b 2\n", os.urandom(20000), b"\n" * 10000, b"k v", b"k v\r\n", b" starts with a blank\n", b'"open 1\n',
             long.encode(), f"{long} 1\n".encode(), f"k {long}\n".encode(), b"k\n" + b" v\n" * 100000, b"k: v\n" * 50000]
    for text in texts:
        (tmp_path / "t").write_bytes(text)
        for kind in TYPES:
            done = ours.run(f"{kind}:{tmp_path}/t", name=name, timeout=40)
            assert done.returncode in (0, 1), (text[:40], kind, done.stderr[-300:])
            assert (done.returncode == 0) or "fatal" in done.stderr or "error" in done.stderr
            if done.returncode == 0:
                ours.must("-s", f"{kind}:{tmp_path}/t")
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".")] == []


def test_progress_is_shown_on_a_terminal(ours, tmp_path):
    """Not before a second has gone: here for a lock that somebody holds that long."""
    (tmp_path / "t").write_text("".join(f"key{i} v\n" for i in range(10000)))
    table = f"hash:{tmp_path}/t"
    assert ours.run(table).stderr == ""
    with open(next(tmp_path.glob("t.*")), "rb") as index:
        fcntl.flock(index, fcntl.LOCK_EX)
        terminal, side = pty.openpty()
        with subprocess.Popen([ours.folder / "postmap", "-c", ours.etc, table], stderr=side) as maker:
            os.close(side)
            threading.Timer(1.3, lambda: fcntl.flock(index, fcntl.LOCK_UN)).start()
            said = b""
            while True:
                try:
                    more = os.read(terminal, 10000)
                except OSError:  # the other side is closed
                    break
                said += more
            assert maker.wait(20) == 0
        os.close(terminal)
    assert b"4096 of 10000 entries written" in said and said.endswith(b"10000 of 10000 entries written\r\n")


# ---- rights ----

def test_root_becomes_the_owner(place, ours, home):
    source = home / "t"
    source.write_text("a 1\n")
    for owner in (place.users[0], "root"):  # root's file in a user's folder
        shutil.chown(source, owner, owner)
        (home / "t.db").unlink(missing_ok=True)
        ours.must(f"hash:{source}")
        assert (home / "t.db").owner() == place.users[0]
    ours.must("-o", f"hash:{source}")
    assert ours.ask(f"hash:{source}", "a") == {"a": "1"}


def test_links_are_not_followed(place, ours, home, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("key secret\n")
    secret.chmod(0o600)
    (home / "t").symlink_to(secret)
    done = ours.run(f"hash:{home}/t")
    assert done.returncode == 1 and "Permission denied" in done.stderr and not (home / "t.db").exists()
    (home / "u").write_text("a 1\n")
    shutil.chown(home / "u", place.users[0])
    (home / "u.db").symlink_to(secret)
    ours.must(f"hash:{home}/u")
    assert secret.read_text() == "key secret\n" and not (home / "u.db").is_symlink()


def test_mode_is_that_of_the_source_then_of_the_table(ours, tmp_path):
    source = tmp_path / "t"
    source.write_text("a 1\n")
    source.chmod(0o640)
    ours.must(f"hash:{source}")
    assert (tmp_path / "t.db").stat().st_mode & 0o777 == 0o640
    (tmp_path / "t.db").chmod(0o604)
    ours.must(f"hash:{source}")
    assert (tmp_path / "t.db").stat().st_mode & 0o777 == 0o604
    (tmp_path / "t.db").unlink()
    ours.must("-p", f"hash:{source}")
    assert (tmp_path / "t.db").stat().st_mode & 0o777 == 0o644


def test_in_a_folder_that_is_not_the_owners(place, ours, theirs, have, home, tmp_path):
    """A user's source in root's folder: the user may not write there, and root does not do it instead."""
    have("hash")
    folder = tmp_path / "roots"
    folder.mkdir(mode=0o755)
    for owner in place.users:
        for tools in (ours, theirs):
            (folder / "t").write_text("a 1\n")
            shutil.chown(folder / "t", owner)
            done = tools.run(f"hash:{folder}/t")
            assert done.returncode == 1 and "Permission denied" in done.stderr
            assert [p.name for p in folder.iterdir()] == ["t"]
    # What somebody has laid out in a folder where everybody may write.
    folder.chmod(0o1777)
    secret = tmp_path / "secret"
    secret.write_text("key secret\n")
    (folder / "u").write_text("a 1\n")
    (folder / "u.db").symlink_to(secret)
    subprocess.run(["chown", "-h", place.users[0], folder / "u.db"], check=True)
    ours.must(f"hash:{folder}/u")
    assert secret.read_text() == "key secret\n" and (folder / "u.db").owner() == "root"
    assert ours.ask(f"hash:{folder}/u", "a") == {"a": "1"}


def test_the_folder_is_replaced_by_a_link(place, ours, home, tmp_path):
    """A user swaps the folder for a link to root's, again and again: root makes nothing in the user's, nor reads what the user links to."""
    target = tmp_path / "target"
    target.mkdir(mode=0o755)
    inner, aside = home / "inner", home / "aside"
    inner.mkdir()
    secret = tmp_path / "secret"
    secret.write_text("key secret\n")
    secret.chmod(0o600)
    (inner / "t").symlink_to(secret)
    (target / "t").write_text("a 1\n")
    shutil.chown(inner, place.users[0])
    stop = threading.Event()
    swaps = []

    def swap():
        while not stop.is_set():
            inner.rename(aside)
            inner.symlink_to(target)
            inner.unlink()
            aside.rename(inner)
            swaps.append(1)

    thread = threading.Thread(target=swap)
    thread.start()
    try:
        end = time.monotonic() + 3
        while time.monotonic() < end:
            ours.run(f"hash:{inner}/t")
            ours.run("-i", f"hash:{inner}/t", input="a 2\n")
    finally:
        stop.set()
        thread.join()
    assert len(swaps) > 10
    assert [p.name for p in inner.iterdir() if p.owner() == "root" and p.name != "t"] == []
    assert {p.name for p in target.iterdir()} <= {"t", "t.db"}
    if (target / "t.db").exists():
        assert "secret" not in ours.must("-s", f"hash:{target}/t")
