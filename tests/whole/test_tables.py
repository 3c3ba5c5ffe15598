# SPDX-License-Identifier: Apache-2.0
"""Tables in files: beside Postfix's own postmap, damaged, and rebuilt while they are read."""

import os
import pathlib
import random
import subprocess
import threading
import time

import pytest

from support.place import must
from support.suite import wait_for
from support.tables import TYPES, have, home, ours, theirs  # noqa: F401 (fixtures)

ENTRIES = 3000


def entries(seed=1):
    """Keys and values of all lengths, as sources have them; no letters whose case Postfix folds and we do not."""
    r = random.Random(seed)
    letters = "abcdefghijklmnopqrstuvwxyzABC0123456789.-_+=/@!#$%&'*?^`{|}~:;<>()[]äö€"
    out = {}
    for i in range(ENTRIES):
        key = "".join(r.choice(letters) for _ in range(r.randrange(1, 60)))
        value = "".join(r.choice(letters + " \t,\"\\") for _ in range(r.choice([1, 10, 50, 50, 300]))).strip()
        if key[0] != "#" and not key.endswith(":"):
            out["".join(c.lower() if c.isascii() else c for c in key)] = value + str(i)
    out["l" * 400] = "v" * 30000  # longer than a page
    return out


def write_source(path, table):
    path.write_text("".join(f"{k}\t{v}\n" for k, v in table.items()))


def missing_keys(table):
    return [k + "x" for k in list(table)[:500] if k + "x" not in table]


@pytest.mark.parametrize("kind", TYPES)
def test_both_read_what_either_makes(ours, theirs, have, tmp_path, kind):
    have(kind)
    table = entries()
    keys = list(table) + missing_keys(table)
    for maker in (ours, theirs):
        source = tmp_path / "source"
        write_source(source, table)
        maker.must(f"{kind}:{source}")
        for reader in (ours, theirs):
            assert reader.ask(f"{kind}:{source}", keys) == table
        listed = dict(line.split("\t", 1) for line in ours.must("-s", f"{kind}:{source}").splitlines())
        assert listed == table
        if kind != "cdb":  # theirs cannot list those
            listed = dict(line.split("\t", 1) for line in theirs.must("-s", f"{kind}:{source}").splitlines())
            assert listed == table
        (tmp_path / f"source.{TYPES[kind]}").unlink()


@pytest.mark.parametrize("form", ["-n", "-N"])
@pytest.mark.parametrize("kind", TYPES)
def test_with_and_without_nul(ours, theirs, have, tmp_path, kind, form):
    have(kind)
    (tmp_path / "t").write_text("a one\nb two\n")
    for maker in (ours, theirs):
        maker.must(form, f"{kind}:{tmp_path}/t")
        for reader in (ours, theirs):
            assert reader.ask(f"{kind}:{tmp_path}/t", "ab") == {"a": "one", "b": "two"}


SOURCES = [
    "a one\n# c\n  two\n\n\t three\nB  x   \r\n  y  \nc\tv",
    '"q r" three\n"a\\"b c" v1\na"b c"d v2\n"plain" v4\n"Mixed CASE" v5\nfoo\\ bar v6\n"e":x v7\n',
    "dup 1\nDUP 2\ndup 3\n \n#\nnovalue\n\nx y\n",
    "c: colon\nlast x\n \xa0\n\tfollows\n",
]
ALIASES = [
    "a: b, c\nX : y\n\"q: w\": z\nbad\nno colon\nroot:\n foo\n:include: x\na: d\nm: \"a b\"@c, |\"x y\"\nw:x\r\n",
    "c: \"|prog a, b\", :include:/x, /f, \\esc\nd: x;y\n\"e\\\"f\": z\ng@h: i\nc d: e\np: q (c,d) r,s\n",
]


@pytest.mark.parametrize("name, text", [("postmap", t) for t in SOURCES] + [("postalias", t) for t in ALIASES])
def test_sources_are_read_as_theirs_are(ours, theirs, have, tmp_path, name, text):
    have("hash")
    listed = []
    for tools in (ours, theirs):
        (tmp_path / "t").write_text(text)
        assert tools.run(f"hash:{tmp_path}/t", name=name).returncode == 0
        lines = sorted(tools.must("-s", f"hash:{tmp_path}/t", name=name).splitlines())
        listed.append([line for line in lines if not line.startswith("YP_")])
    assert listed[0] == listed[1]


@pytest.mark.parametrize("kind", TYPES)
def test_adding_and_removing(ours, tmp_path, kind):
    spec = f"{kind}:{tmp_path}/t"
    (tmp_path / "t").write_text("a 1\nb 2\n")
    ours.must(spec)
    assert ours.run("-i", spec, input="c 3\nA 9\n").stderr.count("duplicate entry") == 1
    assert ours.ask(spec, "abc") == {"a": "1", "b": "2", "c": "3"}
    assert ours.run("-i", "-w", spec, input="a 9\n").stderr == ""
    ours.must("-i", "-r", spec, input="a 9\n")
    assert ours.ask(spec, "abc") == {"a": "9", "b": "2", "c": "3"}
    assert ours.run("-d", "B", spec).returncode == 0
    assert ours.run("-d", "b", spec).returncode == 1
    assert ours.run("-d", "-", spec, input="x\nc\n").returncode == 0
    assert ours.ask(spec, "abc") == {"a": "9"}
    assert ours.run("-q", "zz", spec).returncode == 1
    assert ours.must("-q", "A", spec) == "9\n"
    assert ours.run("-f", "-q", "A", spec).returncode == 1
    new = f"{kind}:{tmp_path}/new"  # there was neither source nor index
    assert ours.run("-d", "x", new).returncode == 1
    ours.must("-i", new, input="x y\n")
    assert ours.ask(new, "x") == {"x": "y"}
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".")] == []


def test_default_type_and_wrong_calls(ours, tmp_path):
    (tmp_path / "t").write_text("a 1\n")
    ours.must(tmp_path / "t")
    assert (tmp_path / "t.db").exists() or (tmp_path / "t.lmdb").exists() or (tmp_path / "t.cdb").exists()
    for args, words in (((f"texthash:{tmp_path}/t",), "no index"), ((f"hash:{tmp_path}/absent",), "No such file"),
                        (("-q", "a", f"zork:{tmp_path}/t"), "not built in"), (("-q", "a", f"hash:{tmp_path}/no"), "No such file"),
                        ((), "name a table"), (("-b", "x"), "-q -"), (("-Z",), "-Z")):
        done = ours.run(*args)
        assert done.returncode == 1 and words in done.stderr, (args, done.stderr)


def test_files_as_values(ours, theirs, have, tmp_path):
    have("hash")
    (tmp_path / "one").write_bytes(b"first\n")
    (tmp_path / "two").write_bytes(b"sec\xffond")
    (tmp_path / "t").write_text(f"k {tmp_path}/one, {tmp_path}/two\nbad {tmp_path}/absent\n")
    said = []
    for tools in (ours, theirs):
        tools.run("-F", f"hash:{tmp_path}/t")
        said.append((tools.must("-F", "-q", "k", f"hash:{tmp_path}/t"), tools.must("-q", "k", f"hash:{tmp_path}/t")))
    assert said[0] == said[1]
    assert said[0][0] == "first\n\nsec\udcffond\n"


MESSAGE = """\
From: a
Subject: one
 two
Content-Type: multipart/mixed;
 boundary="b b"

preamble
--b b
Content-Type: text/plain

text
--b b
Content-Type: message/rfc822

Subject: inner

inner text
--b b--
end
"""


@pytest.mark.parametrize("options", ["-h", "-b", "-hm", "-bm", "-hb", "-hbm"])
def test_messages_become_keys(ours, theirs, have, options):
    have("static")
    said = [tools.run(options, "-q", "-", "static:x", input=MESSAGE) for tools in (ours, theirs)]
    # An empty key is in no table of ours, not even in static.
    said = [[line for line in done.stdout.split("\n") if line != "\tx"] for done in said]
    assert said[0] == said[1]


# ---- damage ----

@pytest.mark.parametrize("kind", TYPES)
def test_truncated_is_an_error_and_never_not_found(ours, tmp_path, kind):
    write_source(tmp_path / "t", entries())
    ours.must(f"{kind}:{tmp_path}/t")
    file = tmp_path / f"t.{TYPES[kind]}"
    whole = file.read_bytes()
    for n in sorted({0, 1, 100, 511, 512, 4095, 4096, len(whole) // 2, len(whole) - 4096, len(whole) - 1}):
        file.write_bytes(whole[:n])
        for key in ("l" * 400, "absent"):
            done = ours.run("-q", key, f"{kind}:{tmp_path}/t")
            assert done.returncode == 1 and done.stdout == "" and "fatal: open database" in done.stderr, (n, done.stderr)


@pytest.mark.parametrize("kind", TYPES)
def test_altered_is_an_error_or_an_answer(ours, tmp_path, kind):
    """Pages of 0xff in turn: what is found is right, and what is not found was told to be damaged."""
    table = entries()
    write_source(tmp_path / "t", table)
    ours.must(f"{kind}:{tmp_path}/t")
    file = tmp_path / f"t.{TYPES[kind]}"
    whole = file.read_bytes()
    told = 0
    for at in range(0, len(whole), max(4096, len(whole) // 4096 // 20 * 4096)):
        file.write_bytes(whole[:at] + b"\xff" * len(whole[at:at + 4096]) + whole[at + 4096:])
        done = ours.run("-q", "-", f"{kind}:{tmp_path}/t", input="".join(f"{k}\n" for k in table))
        assert done.returncode in (0, 1)
        told += "fatal" in done.stderr
        if not done.stderr and kind != "cdb":  # where in a cdb nothing but values is hit, nobody can tell
            assert len(done.stdout.splitlines()) == len(table)
    assert told > 0


@pytest.mark.parametrize("maker", ["ours", "theirs"])
@pytest.mark.parametrize("kind", TYPES)
def test_rebuilt_while_it_is_read(ours, theirs, have, tmp_path, kind, maker):
    """Nobody sees half a table, not even of a tool that writes in place."""
    if maker == "theirs":
        have(kind)
    tools = ours if maker == "ours" else theirs
    table = entries()
    write_source(tmp_path / "t", table)
    ours.must(f"{kind}:{tmp_path}/t")
    stop = threading.Event()
    rebuilt = []

    def rebuild():
        while not stop.is_set():
            rebuilt.append(tools.run(f"{kind}:{tmp_path}/t").returncode)

    thread = threading.Thread(target=rebuild)
    thread.start()
    try:
        end = time.monotonic() + 4
        while time.monotonic() < end:
            # One line at a time, so that the table is not held from the first to the last.
            with subprocess.Popen([ours.folder / "postmap", "-c", ours.etc, "-q", "-", f"{kind}:{tmp_path}/t"],
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as reader:
                for key in list(table)[:300]:
                    reader.stdin.write(f"{key}\n")
                    reader.stdin.flush()
                    assert reader.stdout.readline() == f"{key}\t{table[key]}\n", reader.stderr.read()
                reader.stdin.close()
    finally:
        stop.set()
        thread.join()
    assert len(rebuilt) > 2 and set(rebuilt) == {0}


# ---- in a running suite ----

def rcpt(suite, user):
    with suite.smtp() as client:
        client.ehlo()
        client.mail("sender@client.test")
        return client.rcpt(suite.address(user))[0]


def test_aliases_in_a_running_suite(make_suite):
    suite = make_suite(start=False)
    aliases = suite.dir / "aliases"
    aliases.write_text(f"joe: {suite.user}\n")
    suite.set(alias_maps=f"hash:{aliases}", alias_database=f"hash:{aliases}")
    assert suite.command("newaliases").returncode == 0
    suite.start()
    suite.send(to=[suite.address("joe")])
    suite.wait_mail()
    assert rcpt(suite, "new") == 550
    aliases.write_text(f"joe: {suite.user}\nnew: {suite.user}\n")
    assert suite.command("newaliases").returncode == 0
    assert wait_for(lambda: rcpt(suite, "new") == 250)
    # Damage is temporary, and mends itself with the table.
    whole = pathlib.Path(f"{aliases}.db").read_bytes()
    os.truncate(f"{aliases}.db", 100)
    assert wait_for(lambda: rcpt(suite, "joe") == 451)
    assert rcpt(suite, "nobody-at-all") == 451
    suite.wait_log(r"warning: hash:\S+/aliases is unavailable. open database \S+aliases.db: ")
    pathlib.Path(f"{aliases}.db").write_bytes(whole)
    assert wait_for(lambda: rcpt(suite, "joe") == 250, 30)


def test_an_old_index_is_told_or_made_anew(make_suite):
    suite = make_suite(start=False)
    aliases = suite.dir / "aliases"
    aliases.write_text(f"joe: {suite.user}\n")
    suite.set(alias_maps=f"hash:{aliases}")
    assert suite.command("postalias", f"hash:{aliases}").returncode == 0
    aliases.write_text(f"joe: {suite.user}\nnew: {suite.user}\n")
    os.utime(aliases, (time.time() + 2, time.time() + 2))
    suite.start()
    assert rcpt(suite, "new") == 550
    suite.wait_log(r"warning: database \S+/aliases.db is older than source file \S+/aliases")
    suite.stop()
    os.utime(f"{aliases}.db", (1, 1))
    os.utime(aliases, (2, 2))
    suite.set(table_rebuild="auto")
    assert "older than" in suite.command("sallyport", "check").stdout
    assert os.stat(f"{aliases}.db").st_mtime == 1, "a check only looks"
    suite.start()
    assert rcpt(suite, "new") == 250
    suite.wait_log(r"database \S+/aliases.db was older than source file \S+/aliases, and has been rebuilt")
    time.sleep(1.1)
    aliases.write_text(f"third: {suite.user}\n")
    assert wait_for(lambda: rcpt(suite, "third") == 250)


@pytest.mark.parametrize("kind", ["hash", "lmdb", "cdb"])
def test_daemons_make_it_anew_with_its_owners_rights(make_suite, home, kind):
    """A table in a user's folder: the index stays the user's, and what the user may not do is not done."""
    suite = make_suite(start=False)
    source = home / "aliases"
    index = home / f"aliases.{TYPES[kind]}"
    lines = [f"{name}: {suite.user}\n" for name in ("joe", "new", "third", "fourth", "fifth")]

    def write(n):
        source.write_text("".join(lines[:n]))

    suite.set(alias_maps=f"{kind}:{source}", table_rebuild="auto")
    write(1)
    owner = home.owner()
    must(["chown", owner, source])
    assert suite.command("postalias", f"{kind}:{source}").returncode == 0
    assert index.owner() == owner
    write(2)
    os.utime(index, (1, 1))
    suite.start()
    assert rcpt(suite, "new") == 250
    suite.wait_log(rf"database {index} was older than source file {source}, and has been rebuilt")
    assert index.owner() == owner
    # While it is open: the process that has it makes room for one that may rebuild.
    time.sleep(1.1)
    write(3)
    assert wait_for(lambda: rcpt(suite, "third") == 250)
    assert index.owner() == owner
    # By hand: who has it open notices.
    suite.set(table_rebuild="warn")
    assert suite.command("sallyport", "reload").returncode == 0
    write(4)
    assert suite.command("postalias", f"{kind}:{source}").returncode == 0
    assert wait_for(lambda: rcpt(suite, "fourth") == 250)
    suite.stop()
    # What the owner may not do, root does not do either: the old table is used, and somebody is told.
    must(["chown", "root", home])
    write(5)
    os.utime(index, (1, 1))
    before = index.read_bytes()
    suite.set(table_rebuild="auto")
    suite.start()
    assert [rcpt(suite, name) for name in ("joe", "fifth")] == [250, 550]
    suite.wait_log(rf"warning: database {index} is older than source file {source}, and could not be rebuilt")
    assert index.read_bytes() == before and [p.name for p in home.iterdir() if p.name.startswith(".")] == []


@pytest.mark.parametrize("kind", ["hash", "lmdb", "cdb"])
def test_proxymap_tells_of_an_old_index(make_suite, kind):
    """It has nobody's rights: what it opens for others it does not rebuild, but says so, and answers."""
    suite = make_suite(start=False)
    source = suite.dir / "users"
    suite.dir.chmod(0o755)
    source.write_text("joe x\n")
    suite.set(local_recipient_maps=f"proxy:{kind}:{source}", table_rebuild="auto")
    assert suite.command("postmap", f"{kind}:{source}").returncode == 0
    source.write_text("joe x\nnew x\n")
    os.utime(f"{source}.{TYPES[kind]}", (1, 1))
    suite.start()
    assert [rcpt(suite, name) for name in ("joe", "new")] == ([250, 550] if suite.place.root else [250, 250])
    suite.wait_log(r"proxymap\[\d+\]: (warning: )?database \S+/users\.\w+ (is|was) older than source file \S+/users")
    assert suite.command("postmap", f"{kind}:{source}").returncode == 0
    assert wait_for(lambda: rcpt(suite, "new") == 250)
