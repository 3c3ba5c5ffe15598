# SPDX-License-Identifier: Apache-2.0
"""
tables - how the works of lookup tables are measured: postmap, an alias of many addresses, the proxymap service.

Each mail system has its own links to the same sources, so that each makes its own indexes.  Before anything is
measured a thousand keys are asked, and the answers compared.  The answers of the measured look-ups go to /dev/null.
A unit is a thousand lines or keys.
"""
import itertools
import os
import pathlib
import shlex
import subprocess

import benchlib as B
import measure as M
from works import BY_NAME, INDEXED, PATTERNS

FOLDER = pathlib.Path(B.STATE) / "tables"
LINES, RULES, ASKED, SAMPLE, EACH_CLIENT = 1000000, 1000, 5000, 1000, 2500
SCALE = 1000        # keys or lines in a unit
WRITTEN, QUESTIONED, MATCHED = 1664525, 22695477, 69069     # multipliers: each gives another order


def folder_of(name):
    return FOLDER / name.replace(":", "-")


def settings(name):
    """The environment of the adapter."""
    folder = folder_of(name)
    extra = (f"virtual_alias_maps=hash:{folder}/alias virtual_alias_domains=alias.example virtual_alias_expansion_limit=20000 "
             f"proxy_read_maps=proxy:unix:passwd.byname,proxy:hash:{folder}/hash")
    return {"BENCH_POSTFIX_EXTRA": extra, "BENCH_SALLYPORT_EXTRA": extra}


def key_of(number, hosts):
    return f"user{number}@host{number % hosts}.example.com"


def shuffled(multiplier):
    """
    All numbers of lines in a disorder of its own, without a list of them: the commands would inherit our memory, and as the
    most that a process had that is told of them, too.
    """
    n = 0
    for _ in range(1 << 20):
        n = (n * multiplier + 1013904223) % (1 << 20)
        if n < LINES:
            yield n


def million():
    return (f"{key_of(n, 1000)}\tmailbox{n}@store{n % 17}.example.net\n" for n in shuffled(WRITTEN))


def rules():
    return (f"/^user[0-9]+@host{n}\\.example\\.com$/ mailbox@store{n % 17}.example.net\n" for n in range(RULES))


def keys_of(kind):
    """The keys to ask in order, and the answer to each, or None."""
    if kind not in PATTERNS:
        return ((key_of(n, 1000), f"mailbox{n}@store{n % 17}.example.net") for n in shuffled(QUESTIONED))
    # Half of them come under no rule.
    return ((key_of(n, 2 * RULES), f"mailbox@store{n % (2 * RULES) % 17}.example.net" if n % (2 * RULES) < RULES else None)
            for n in itertools.islice(shuffled(MATCHED), ASKED))


def once(path, lines):
    """A file with these lines, if it is not there yet; the lines may be a generator that nobody has begun."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(path, "w", encoding="ascii") as f:
            f.writelines(lines)
    return path


def source_of(mta, kind):
    """The path of the source of this mail system's own table."""
    text = once(FOLDER / "rules", rules()) if kind in PATTERNS else once(FOLDER / "million", million())
    source = folder_of(mta.spec) / kind
    source.parent.mkdir(exist_ok=True)
    if not source.exists():
        os.link(text, source)
    return source


def questions(kind, count=None):
    """A file of keys; count: only the first so many."""
    name = f"keys-{'rules' if kind in PATTERNS else 'million'}-{count or 'all'}"
    return once(FOLDER / name, (key + "\n" for key, _ in itertools.islice(keys_of(kind), count)))


def run(command, **more):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=300, check=False, **more)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command[-3:])}: {done.stdout.strip()[-100:]}")
    return done.stdout


def must_answer(command, kind):
    """What the command says to the first keys is what the source says."""
    with open(questions(kind, SAMPLE), encoding="ascii") as f:
        got = run(command, stdin=f)
    if got != "".join(f"{key}\t{value}\n" for key, value in itertools.islice(keys_of(kind), SAMPLE) if value):
        raise RuntimeError(f"{' '.join(command[-3:])} answers something else than its source")


def postmap(mta, *words):
    return shlex.split(mta.verb("postmap")) + list(words)


def indexed(mta, kind):
    """The table, with an index where it needs one."""
    source = source_of(mta, kind)
    if kind in INDEXED and not list(source.parent.glob(kind + ".*")):
        run(postmap(mta, f"{kind}:{source}"))
    return f"{kind}:{source}"


def alone(mta, command, units, stdin):
    """The record of a command that did all of the work."""
    meter = M.Meter(mta)
    ran = M.Commands(mta, command, 1, 1, stdin)
    return dict(ran.record(meter, 0 if ran.bad else units / SCALE), memory=ran.memory / 1024)


def build(_, mta, work):
    kind = work.load["type"]
    source = source_of(mta, kind)
    for index in source.parent.glob(kind + ".*"):
        index.unlink()
    record = alone(mta, postmap(mta, f"{kind}:{source}"), LINES, "/dev/null")
    must_answer(postmap(mta, "-q", "-", f"{kind}:{source}"), kind)
    return record


def ask(_, mta, work):
    kind = work.load["type"]
    command = postmap(mta, "-q", "-", indexed(mta, kind))
    must_answer(command, kind)
    return alone(mta, command, ASKED if kind in PATTERNS else LINES, questions(kind))


def make_alias(mta):
    """Before it starts: who finds no table asks for none later."""
    load = BY_NAME["table-alias"].load
    addresses = ", ".join(f"rcpt{n}@dest.example" for n in range(load["expands"]))
    source = once(folder_of(mta.spec) / "alias", [f"{load['to']}\t{addresses}\n"])
    mta.setup()
    run(postmap(mta, f"hash:{source}"))


def alias(bench, mta, work):
    B.run_load(B.load_command(mta.addr, sessions=1, messages=20, seconds=bench.seconds))     # the processes are there
    return M.fan_out(bench, mta, work)


def proxied(_, mta, work):
    """The same keys from all clients at once; CPU with that of the clients."""
    clients = work.load["sessions"]
    command = shlex.split(mta.verb("proxyclient")) + ["proxy:" + indexed(mta, work.load["type"])]
    must_answer(command, work.load["type"])
    M.spawn_all(command, clients, clients, questions("hash", SAMPLE))    # the processes are there
    meter = M.Meter(mta)
    ran = M.Commands(mta, command, clients, clients, questions("hash", EACH_CLIENT))
    record = ran.record(meter, (clients - ran.bad) * EACH_CLIENT / SCALE)
    return dict(record, memory=mta.cg.pss()[0] / 1024)
