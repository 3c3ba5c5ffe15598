# SPDX-License-Identifier: Apache-2.0
"""Tables behind proxymap and proxywrite: who may ask, who writes, beside Postfix's own, and when it is killed."""

import os
import signal
import subprocess

import pytest

from support import oracle
from support.place import must
from support.suite import wait_for

TYPES = {"btree": "db", "hash": "db", "lmdb": "lmdb"}


def ask(tool, table, *args, **more):
    done = tool("postmap", *args, table, **more)
    return done.returncode, done.stdout, done.stderr


def listed(tool, table):
    return sorted(tool("postmap", "-s", table).stdout.splitlines())


@pytest.fixture(params=TYPES)
def cache(request, make_suite):
    """(suite, "type:path", its file): a table that may be written."""
    suite = make_suite(start=False)
    name = f"{request.param}:{suite.data}/cache"
    suite.set(proxy_write_maps=f"proxy:{name}")
    suite.start()
    return suite, name, suite.data / f"cache.{TYPES[request.param]}"


def test_postmap_changes_what_the_service_writes(cache):
    suite, table, file = cache
    proxied = f"proxy:{table}"
    assert ask(suite.command, proxied, "-i", input="a 1\nB 2\n") == (0, "", "")
    assert listed(suite.command, table) == listed(suite.command, proxied) == ["a\t1", "b\t2"]
    code, _, said = ask(suite.command, proxied, "-i", input="a 9\nc 3\n")
    assert code == 0 and said.count('stdin, line 1: duplicate entry: "a"') == 1
    assert ask(suite.command, proxied, "-i", "-w", input="a 9\n") == (0, "", "")
    assert listed(suite.command, table) == ["a\t1", "b\t2", "c\t3"]
    assert ask(suite.command, proxied, "-i", "-r", input="a 9\n") == (0, "", "")
    assert ask(suite.command, proxied, "-d", "C") == (0, "", "")
    assert ask(suite.command, proxied, "-d", "c") == (1, "", "")
    assert ask(suite.command, proxied, "-d", "-", input="x\nb\n") == (0, "", "")
    assert ask(suite.command, proxied, "-q", "a") == (0, "9\n", "")
    # Who writes the file itself meanwhile, under its lock, is noticed.
    assert ask(suite.command, table, "-i", input="d 4\n") == (0, "", "")
    assert ask(suite.command, proxied, "-i", input="e 5\n") == (0, "", "")
    assert listed(suite.command, table) == ["a\t9", "d\t4", "e\t5"]
    if suite.place.root:
        assert file.owner() == "sallyport" and file.stat().st_mode & 0o777 == 0o600
    suite.stop()
    assert file.stat().st_mode & 0o7777 == 0o600, "closed in order"
    assert [p.name for p in suite.data.iterdir() if p.name.startswith(".")] == []
    suite.start()
    assert ask(suite.command, proxied, "-d", "a") == (0, "", "")
    assert listed(suite.command, table) == ["d\t4", "e\t5"]


def test_killed_while_it_is_open(cache):
    suite, table, file = cache
    assert ask(suite.command, f"proxy:{table}", "-i", input="a 1\n") == (0, "", "")
    for pid in suite.pids("proxymap"):
        os.kill(pid, signal.SIGKILL)
    assert listed(suite.command, table) == ["a\t1"]
    assert wait_for(lambda: ask(suite.command, f"proxy:{table}", "-i", input="b 2\n")[0] == 0)
    if file.suffix == ".db":  # it may be half written: what it remembers is not believed
        suite.wait_log(r"proxymap\[\d+\]: warning: \S+cache: database \S+cache.db: who wrote it last has not closed it; it begins anew")
        assert listed(suite.command, table) == ["b\t2"]
    else:
        assert listed(suite.command, table) == ["a\t1", "b\t2"]


def test_what_is_not_in_the_list_is_refused(make_suite):
    suite = make_suite({"transport_maps": "proxy:static:smtp:", "proxy_read_maps": "proxy:unix:passwd.byname"})
    with suite.smtp() as client:
        client.ehlo()
        client.mail("sender@client.test")
        assert client.rcpt(suite.address())[0] == 451
    suite.wait_log(r"proxymap\[\d+\]: warning: request for table static:smtp:, which is not in proxy_read_maps")
    table = f"proxy:btree:{suite.data}/other"
    code, _, said = ask(suite.command, table, "-i", input="a 1\n")
    assert code == 1 and "not in proxy_write_maps" in said
    suite.wait_log(r"proxymap\[\d+\]: warning: request for table btree:\S+other, which is not in proxy_write_maps")
    assert not list(suite.data.glob("other*"))
    code, _, said = ask(suite.command, "proxy:btree:/tmp/x")
    assert code == 1 and "no index that could be made" in said


def test_by_another_name(make_suite):
    """proxymap_service_name: the usual service would refuse the table."""
    suite = make_suite({"transport_maps": "proxy:static:discard:", "proxy_read_maps": "proxy:unix:passwd.byname",
                        "proxymap_service_name": "px"},
                       master="px unix - - n - - proxymap\n  -o proxy_read_maps=proxy:static:discard:\n")
    with suite.smtp() as client:
        client.sendmail("sender@client.test", [suite.address()], b"Subject: x\r\n\r\nx\r\n")
    suite.wait_log(r"discard\[\d+\]: \S+: to=.*status=sent")
    assert "request for table" not in suite.log()


def test_nothing_is_written_elsewhere(make_suite):
    """Where it could by its account, the sandbox stands before it."""
    suite = make_suite(start=False)
    elsewhere = suite.dir / "elsewhere"
    elsewhere.mkdir()
    elsewhere.chmod(0o777)
    table = f"proxy:btree:{elsewhere}/cache"
    suite.set(proxy_write_maps=table)
    suite.start()
    code, _, said = ask(suite.command, table, "-i", input="a 1\n")
    if "landlock off" in suite.log():
        pytest.skip("this kernel has no Landlock")
    assert code == 1 and "Permission denied" in said
    assert list(elsewhere.iterdir()) == []
    suite.wait_log(r"proxymap\[\d+\]: warning: make \S+cache.db: Permission denied")


def test_no_service_is_an_error(make_suite):
    suite = make_suite(start=False)
    code, _, said = ask(suite.command, f"proxy:btree:{suite.data}/cache", "-i", input="a 1\n")
    assert code == 1 and "private/proxywrite" in said


@pytest.mark.skipif(not oracle.available(), reason="no Postfix here, or not root")
@pytest.mark.limit(240)
def test_postmap_does_what_theirs_does(make_suite, tmp_path):
    """The same calls, through both services: the same exit status, entries and words."""
    tmp_path.chmod(0o755)
    for folder in tmp_path.parents[:2]:
        folder.chmod(0o755)
    ours = make_suite(start=False)
    ours.set(proxy_write_maps=f"proxy:btree:{ours.data}/cache")
    ours.start()
    table = f"proxy:btree:{tmp_path}/theirs/data/cache"
    theirs = oracle.Oracle(tmp_path / "theirs", {"proxy_write_maps": table, "proxy_read_maps": table})
    text = "a 1\nB 2\nc\td e f\nnew 1\n"
    # Theirs adds and lists nothing through the service; ours does.
    assert ask(ours.command, f"proxy:btree:{ours.data}/cache", "-i", input=text) == (0, "", "")
    assert ask(theirs.command, f"btree:{theirs.data}/cache", "-i", input=text) == (0, "", "")
    must(["chown", "postfix", theirs.data / "cache.db"])
    calls = [
        (("-q", "a"), None), (("-q", "zz"), None), (("-d", "c"), None), (("-d", "c"), None), (("-d", "B"), None),
        (("-d", "-"), "x\nnew\n"), (("-d", "-"), "x\ny\n"), (("-f", "-d", "A"), None), (("-q", "-"), "a\nb\n"),
    ]
    with theirs:
        for args, text in calls:
            said = []
            for suite in (ours, theirs):
                done = suite.command("postmap", *args, f"proxy:btree:{suite.data}/cache", **({"input": text} if text else {}))
                said.append((done.returncode, sorted(done.stdout.splitlines()), "duplicate" in done.stderr))
            assert said[0] == said[1], (args, text, done.stderr)
        # And the files: each reads the other's.
        for reader in (ours, theirs):
            assert listed(reader.command, f"btree:{ours.data}/cache") == listed(reader.command, f"btree:{theirs.data}/cache")


def test_a_link_in_its_place_is_replaced(cache, tmp_path):
    suite, table, file = cache
    if not suite.place.root:
        pytest.skip("only root can put it there")
    secret = tmp_path / "secret"
    secret.write_text("secret")
    file.symlink_to(secret)
    must(["chown", "-h", "sallyport", file])
    code, _, said = ask(suite.command, f"proxy:{table}", "-i", input="a 1\n")
    assert code == 0 or "symbolic" in said
    assert secret.read_text() == "secret"
    assert subprocess.run(["stat", "-c", "%F", secret], capture_output=True, text=True, check=True).stdout == "regular file\n"
