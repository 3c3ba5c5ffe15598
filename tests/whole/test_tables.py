# SPDX-License-Identifier: Apache-2.0
"""Tables in files: beside Postfix's own postmap, damaged, rebuilt while they are read, and in hostile folders."""

import os
import pathlib
import random
import shutil
import subprocess
import threading
import time

import pytest

from support.place import run
from support.suite import wait_for

TYPES = {"hash": "db", "btree": "db", "lmdb": "lmdb", "cdb": "cdb"}
THEIR_FOLDER = pathlib.Path("/usr/sbin")
ENTRIES = 3000


def built_in(program, *args):
    try:
        done = subprocess.run([program, *args], capture_output=True, text=True, timeout=20, check=False)
    except OSError:
        return []
    return done.stdout.split()


class Tools:
    """postmap and postalias of one make, with a configuration folder of their own."""

    def __init__(self, folder, etc):
        self.folder, self.etc = folder, etc

    def run(self, *args, name="postmap", **more):
        return run([self.folder / name, "-c", self.etc, *args], **more)

    def must(self, *args, **more):
        done = self.run(*args, **more)
        assert done.returncode == 0, f"{args}: {done.stdout}{done.stderr}"
        return done.stdout

    def ask(self, table, keys):
        """What is found of many keys, as {key: value}."""
        done = self.run("-q", "-", table, input="".join(f"{k}\n" for k in keys))
        assert done.returncode == (0 if done.stdout else 1) and done.stderr == "", done.stderr
        return dict(line.split("\t", 1) for line in done.stdout.splitlines())


@pytest.fixture
def ours(place, tmp_path):
    etc = tmp_path / "our-etc"
    etc.mkdir()
    (etc / "main.cf").write_text(f"compatibility_level = 3.6\ncommand_directory = {place.sbin}\nmaillog_file = {tmp_path}/log\n"
                                 f"maillog_file_prefixes = {tmp_path}\nqueue_directory = {tmp_path}\n")
    tmp_path.chmod(0o755)
    return Tools(place.sbin, etc)


@pytest.fixture
def theirs(tmp_path):
    etc = tmp_path / "their-etc"
    etc.mkdir()
    (etc / "main.cf").write_text("compatibility_level = 3.6\n")
    for name in ("dynamicmaps.cf", "dynamicmaps.cf.d"):
        at = pathlib.Path("/etc/postfix") / name
        if at.is_dir():
            shutil.copytree(at, etc / name)
        elif at.exists():
            shutil.copy(at, etc / name)
    return Tools(THEIR_FOLDER, etc)


@pytest.fixture
def have(theirs):
    """have(type): skips where Postfix's tools or their module for this type are not installed."""
    types = built_in(THEIR_FOLDER / "postconf", "-c", str(theirs.etc), "-m")

    def need(kind):
        if kind not in types:
            pytest.skip(f"no Postfix with {kind} is installed to compare with")

    return need


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
    assert ours.run("-i", new, input="x y\n").returncode == 1
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".")] == []


def test_default_type_and_wrong_calls(ours, tmp_path):
    (tmp_path / "t").write_text("a 1\n")
    ours.must(tmp_path / "t")
    assert (tmp_path / "t.db").exists() or (tmp_path / "t.lmdb").exists() or (tmp_path / "t.cdb").exists()
    for args, words in (((f"texthash:{tmp_path}/t",), "no index"), ((f"hash:{tmp_path}/absent",), "No such file"),
                        (("-q", "a", f"zork:{tmp_path}/t"), "not built in"), (("-q", "a", f"hash:{tmp_path}/no"), "No such file"),
                        ((), "name a table"), (("-r", "-w", "x"), "only one"), (("-b", "x"), "-q -"), (("-Z",), "-Z")):
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


# ---- rights ----

@pytest.fixture
def home(place):
    """A folder of a user's, which root had better not trust."""
    if not place.root:
        pytest.skip("only root has rights to lose")
    folder = place.base / "tables-home"
    folder.mkdir(mode=0o755)
    shutil.chown(folder, place.users[0], place.users[0])
    yield folder
    shutil.rmtree(folder)


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
