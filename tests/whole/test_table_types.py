# SPDX-License-Identifier: Apache-2.0
"""Each computed table type, with generated sources and a thousand keys, beside an installed Postfix's postmap -q."""

import os
import pathlib
import random
import shutil
import subprocess

import pytest

BUILD = pathlib.Path(os.environ.get("SALLYPORT_BUILD", "build"))
OURS, THEIRS = BUILD / "bin/postmap", shutil.which("postmap", path="/usr/sbin:/usr/bin")
KEYS, TEXTS = 1000, 4

# What differs on purpose, and why.
DELIBERATE = {
    "pcre: a match that reaches its limit": "Postfix goes on as if the rule did not match; here it is a temporary error",
    "regexp: an expression that the C library's compiler does not survive": "the table is refused",
    "socketmap: a reply OK without a blank": "Postfix takes it for not found; here it is malformed",
    "inline: a key that is there twice": "Postfix takes the last one; here it is an error",
}

pytestmark = pytest.mark.skipif(not OURS.exists() or THEIRS is None, reason="postmap is missing, ours or Postfix's")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    where = tmp_path_factory.mktemp("tables")
    (where / "main.cf").write_text("compatibility_level = 3.6\nmyhostname = h.example\n"
                                   f"queue_directory = {where}\ndata_directory = {where}\n")
    (where / "master.cf").write_text("")
    return where


def answers(program, folder, table, keys):
    done = subprocess.run([program, "-c", folder, "-q", "-", table], input="".join(k + "\n" for k in keys).encode(),
                          capture_output=True, timeout=60, check=False)
    assert done.returncode in (0, 1) and b"fatal" not in done.stderr, done.stderr.decode()
    return done.stdout.decode().splitlines()


def same(folder, table, keys):
    """How many keys were found, by both alike."""
    ours, theirs = (answers(p, folder, table, keys) for p in (OURS, THEIRS))
    assert ours == theirs
    return len(ours)


def all_the_same(folder, kind, texts, keys):
    """Some of the generated texts may find nothing; where all do, the comparison says nothing."""
    found = 0
    for text in texts:
        (folder / "rules").write_text(text)
        found += same(folder, f"{kind}:{folder}/rules", keys)
    assert found


def address(r):
    if r.random() < 0.3:
        return f"2001:db8:{r.randrange(4):x}::{r.randrange(4):x}"
    return f"10.{r.randrange(3)}.{r.randrange(3)}.{r.randrange(4)}"


def network(r):
    six = r.random() < 0.3
    text = f"2001:db8:{r.randrange(4):x}::/48" if six else \
        r.choice([f"10.{r.randrange(3)}.{r.randrange(3)}.0/24", f"10.{r.randrange(3)}.0.0/16", "10.0.0.0/8",
                  f"10.1.1.{r.randrange(4)}", f"10.1.1.{r.randrange(4)}/16", "10.1.1", "10.0.0.0/33"])
    return r.choice(["", "", "", "!"]) + (f"[{text}]" if r.random() < 0.2 else text)


def pattern(r):
    piece = r.choice(["a", "b", "(a)", "[ab]", "c*", "(b|c)", "^a", "c$", "d?", ".", "(a)(b)?", "\\.", "@"])
    more = r.choice(["", "b", "[a-d]+", "(c)", ".*d"])
    return r.choice(["", "", "", "!"]) + "/" + piece + more + "/" + r.choice(["", "", "i", "m", "x", "ii"])


def rules(r, make, result):
    lines = []
    for number in range(40):
        lines.append(r.choice([
            lambda: f"{make(r)} {result(r, number)}", lambda: f"{make(r)}\t{result(r, number)}\n  and more",
            lambda: f"if {make(r)}", lambda: "endif", lambda: "# comment\n\n", lambda: f"{make(r)}   r{number}   ",
            lambda: f"{make(r)} {result(r, number)}"])())
    return "\n".join(lines) + "\n"


def result(r, number):
    return r.choice([f"r{number}", f"r{number} $1", f"${{1}}x{number}", f"$$1 {number}", f"$(1)-$2 {number}"])


def word(r):
    return "".join(r.choice("abcdABC.@") for _ in range(r.randrange(1, 8)))


@pytest.mark.parametrize("seed", range(8))
def test_cidr(folder, seed):
    r = random.Random(seed)
    all_the_same(folder, "cidr", [rules(r, network, lambda _, n: f"r{n}") for _ in range(TEXTS)],
                 [address(r) for _ in range(KEYS)] + ["x", "10.1.1", "::"])


@pytest.mark.parametrize("kind", ["regexp", "pcre"])
@pytest.mark.parametrize("seed", range(8))
def test_patterns(folder, kind, seed):
    if any(f"{kind}\n" not in subprocess.run([p, "-c", folder, "-m"], capture_output=True, text=True, timeout=60,
                                            check=False).stdout
           for p in (BUILD / "bin/postconf", shutil.which("postconf", path="/usr/sbin:/usr/bin"))):
        pytest.skip(f"{kind} is not built in, here or there")
    r = random.Random(seed)
    all_the_same(folder, kind, [rules(r, pattern, result) for _ in range(TEXTS)], [word(r) for _ in range(KEYS)])


@pytest.mark.parametrize("table", [
    "pipemap:{inline:{a=b, b=c, c=d}, inline:{b=x, c=y}}",
    "unionmap:{inline:{a=b, b=c}, inline:{a=1, c=2}, inline:{d=3}}",
    "pipemap:{unionmap:{inline:{a=b}, inline:{a=c}}, static:{it is}}",
    "randmap:{only}", "static:{ a value }", "inline:{ a=1, {b = two words} }",
    "cidr:{ {10.0.0.0/8 ten}, {if !10.0.0.0/8} {0.0.0.0/0 any} {endif} }", "regexp:{ {/^(a)(b)?/ <$1$2>} { !/c/ no } }",
])
def test_in_place(folder, table):
    r = random.Random(table)
    assert same(folder, table, [r.choice([word, address])(r) if n % 2 else r.choice("abcdABCD") for n in range(KEYS)])
