# SPDX-License-Identifier: Apache-2.0
"""Delivery to users: aliases, .forward files, commands, and never as root."""

import os
import pathlib
import pwd
import re
import shutil
import signal

import pytest

from support.suite import DOMAIN, message, wait_for

# A .forward file is one for all of a user's suites: these tests use the second user, one after the other.


@pytest.fixture
def forwarder(place):
    """write(text): the second user's .forward file; gone at the end."""
    if not place.root:
        pytest.skip("needs a user whose home may be written to")
    user = place.users[1]
    path = place.home(user) / ".forward"

    def write(text, mode=0o600, owner=user):
        path.write_text(text)
        path.chmod(mode)
        shutil.chown(path, owner)
        return user

    yield write
    path.unlink(missing_ok=True)


def test_maildir_belongs_to_the_user(suite):
    suite.send()
    suite.wait_log(r"delivered to maildir")
    box = suite.maildir()
    owner = pwd.getpwnam(suite.user)
    for path in [box, box / "new", box / "cur", box / "tmp"] + list((box / "new").iterdir()):
        assert path.stat().st_uid == owner.pw_uid, path
        assert path.stat().st_mode & 0o077 == 0, path
    assert not list((box / "tmp").iterdir())


def test_alias_chain(make_suite, place):
    a = place.users[0]
    suite = make_suite({"alias_maps": "inline:{ { one = two } { two = three, three } { three = %s } }" % a})
    suite.send(to=[f"One@{DOMAIN}"])
    suite.wait_mail()
    suite.wait_empty()
    assert len(suite.mails()) == 1


def test_alias_loop_is_cut(make_suite):
    suite = make_suite({"alias_maps": "inline:{ { one = two } { two = one } }"})
    suite.send(to=[f"one@{DOMAIN}"], sender="")
    suite.wait_log(r"to=<one@.*status=bounced")
    suite.wait_empty()


def test_alias_to_another_host(make_suite, sink, place):
    suite = make_suite({"relayhost": sink.hop, "alias_maps":
                        "inline:{ { list = x@far.example, y@far.example, %s } { owner-list = %s } }" % ((place.users[0],) * 2)})
    suite.send(to=[f"list@{DOMAIN}"])
    suite.wait_mail()
    suite.wait_empty()
    assert len(sink.messages) == 1
    assert sorted(sink.messages[0].rcpts) == ["x@far.example", "y@far.example"]
    assert sink.messages[0].sender == f"owner-list@{DOMAIN}"
    suite.wait_log(r"to=<list@%s>.*status=sent \((forwarded as \w+|delivered to maildir)\)" % re.escape(DOMAIN))


def test_root_gets_mail_by_alias(suite):
    suite.send(to=[f"root@{DOMAIN}"])
    assert b"\nDelivered-To: root@suite.test\n" in suite.wait_mail()


def test_nothing_is_delivered_as_root(make_suite, place):
    if not place.root:
        pytest.skip("nobody is root here")
    suite = make_suite({"alias_maps": ""})
    before = set(pathlib.Path("/root").iterdir())
    suite.send(to=[f"root@{DOMAIN}"])
    suite.wait_log(r"to=<root@.*status=deferred \(nothing is delivered as root: give root an alias")
    assert set(pathlib.Path("/root").iterdir()) == before
    assert len(suite.queue_files("deferred")) == 1


def test_extension(make_suite):
    suite = make_suite({"recipient_delimiter": "+"})
    suite.send(to=[f"{suite.user}+lists@{DOMAIN}"])
    assert (f"\nDelivered-To: {suite.user}+lists@{DOMAIN}\n").encode() in suite.wait_mail()


def test_forward_to_command(suite, forwarder, place):
    out = place.home(place.users[1]) / f"out-{os.getpid()}"
    user = forwarder(f'"|(id -un; env; cat) > {out}"\n')
    suite.send(message("piped", "line\r\n"), sender="a`x`$y@client.test", to=[suite.address(user)])
    suite.wait_log(r"status=sent \(delivered to command: ")
    text = out.read_text()
    out.unlink()
    assert text.startswith(user + "\n")
    assert f"\nHOME={place.home(user)}\n" in text and f"\nRECIPIENT={user}@{DOMAIN}\n" in text
    assert "\nSENDER=a_x__y@client.test\n" in text  # nothing that a shell would take for more than text
    assert text.endswith("\nSubject: piped\nDate: Mon, 1 Jan 2024 00:00:00 +0000\nMessage-ID: <piped@client.test>\n\nline\n")


def test_forward_to_sendmail(suite, forwarder, place):
    """The classic: |sendmail from a .forward, through the set-gid postdrop."""
    user = forwarder(f'"|{place.sbin}/sendmail -i {suite.address()}"\n')
    suite.send(message("onward"), to=[suite.address(user)])
    got = suite.wait_mail()
    assert b"\nSubject: onward\n" in got
    suite.wait_log(r"pickup\[\d+\]: \w+: uid=%d from=<%s>" % (pwd.getpwnam(user).pw_uid, user))


def test_forward_with_own_mailbox(suite, forwarder, sink):
    user = forwarder(f"\\{place_user(suite)}, elsewhere@far.example\n")
    suite.set(relayhost=sink.hop)
    suite.reload()
    suite.send(to=[suite.address(user)])
    suite.wait_mail()
    suite.wait_empty()
    assert [m.rcpts for m in sink.messages] == [["elsewhere@far.example"]]


def place_user(suite):
    return suite.user


def test_forward_that_others_may_write_is_ignored(suite, forwarder):
    user = forwarder("elsewhere@far.example\n", mode=0o666)
    suite.send(to=[suite.address(user)])
    suite.wait_mail(user)
    suite.wait_log(r"\.forward is ignored: others may write to it")


def test_forward_loop(suite, forwarder):
    user = forwarder(f"{suite.place.users[1]}+x@{DOMAIN}\n")
    suite.set(recipient_delimiter="+")
    suite.reload()
    suite.send(to=[suite.address(user)])
    suite.wait_mail(user)  # the second time round it is delivered, and not forwarded again
    suite.wait_empty()


@pytest.mark.parametrize("status, dsn, fate", [(67, "5.1.1", "bounced"), (75, "4.3.0", "deferred"), (77, "5.7.0", "bounced"),
                                               (1, "5.3.0", "bounced")])
def test_command_status(suite, forwarder, status, dsn, fate):
    user = forwarder(f'"|cat >/dev/null; echo some words; exit {status}"\n')
    suite.send(to=[suite.address(user)], sender="")
    suite.wait_log(r"dsn=%s, status=%s \(.*some words" % (re.escape(dsn), fate))


def test_command_time_limit(make_suite, forwarder):
    suite = make_suite({"command_time_limit": "1s"})
    user = forwarder('"|sleep 60"\n')
    suite.send(to=[suite.address(user)])
    suite.wait_log(r"status=deferred \(Command time limit exceeded")


def test_full_home(suite, forwarder, place):
    """No room: the message waits."""
    user = place.users[1]
    box = suite.maildir(user)
    box.parent.mkdir(exist_ok=True)
    box.write_text("a file where the folder should be")
    shutil.chown(box, user)
    suite.send(to=[suite.address(user)])
    suite.wait_log(r"to=<%s>.*dsn=4\.2\.[02], status=deferred" % re.escape(suite.address(user)))
    box.unlink()
    assert suite.command("postqueue", "-f").returncode == 0
    suite.wait_mail(user)
    assert wait_for(lambda: not suite.queue_files())


# ---- the processes: a front without rights, its root stub, and helpers that are users for good ----

def status_of(pid):
    return dict(line.split(":\t", 1) for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines() if ":\t" in line)


def local_processes(suite):
    """The front, the stub, {user id: helpers}."""
    [front] = suite.pids("local")
    [stub] = children(front)
    helpers = {}
    for pid in children(stub):
        helpers.setdefault(int(status_of(pid)["Uid"].split()[0]), []).append(pid)
    return front, stub, helpers


def children(pid):
    return [int(c) for c in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_helpers_are_their_users(suite, place):
    if not place.root:
        pytest.skip("nobody becomes somebody else")
    for user in place.users[:2]:
        for n in range(3):
            suite.send(message(f"{user} {n}"), to=[suite.address(user)])
        suite.wait_mails(3, user)
    front, stub, helpers = local_processes(suite)
    assert set(status_of(front)["Uid"].split()) == {str(pwd.getpwnam("sallynet").pw_uid)}
    assert "NoNewPrivs" in status_of(front) and status_of(front)["NoNewPrivs"] == "1"
    assert set(status_of(stub)["Uid"].split()) == {"0"}
    assert set(helpers) == {pwd.getpwnam(u).pw_uid for u in place.users[:2]}
    for user in place.users[:2]:
        who = pwd.getpwnam(user)
        for pid in helpers[who.pw_uid]:
            status = status_of(pid)
            assert set(status["Uid"].split()) == {str(who.pw_uid)} and set(status["Gid"].split()) == {str(who.pw_gid)}
            assert {int(g) for g in status["Groups"].split()} == set(os.getgrouplist(user, who.pw_gid))
            assert int(status["CapEff"], 16) == int(status["CapPrm"], 16) == 0
            # Nobody else's connection, and no message between two deliveries.
            assert sorted(os.listdir(f"/proc/{pid}/fd")) == ["0", "1", "2", "3"]
            assert pathlib.Path(f"/proc/{pid}/mem").stat().st_uid == 0  # not to be traced by the user


def test_stopped_helper_keeps_nobody_else_waiting(suite, place):
    if not place.root:
        pytest.skip("has one user only")
    one, other = place.users[:2]
    suite.send(message("first"), to=[suite.address(one)])
    suite.wait_mails(1, one)
    [helper] = local_processes(suite)[2][pwd.getpwnam(one).pw_uid]
    os.kill(helper, signal.SIGSTOP)
    try:
        suite.send(message("waits"), to=[suite.address(one)])
        suite.send(message("does not"), to=[suite.address(other)])
        suite.wait_mails(1, other)
        assert len(suite.mails(one)) == 1
    finally:
        os.kill(helper, signal.SIGCONT)
    suite.wait_mails(2, one)


def test_killed_helper_is_replaced(suite):
    suite.send(message("first"))
    suite.wait_mails(1)
    [helpers] = local_processes(suite)[2].values()
    for pid in helpers:
        os.kill(pid, signal.SIGKILL)
    assert wait_for(lambda: not local_processes(suite)[2])  # and its stub has noticed
    suite.send(message("second"))
    suite.wait_mails(2)
    assert not suite.queue_files("deferred")


def test_killed_stub_is_replaced(suite):
    suite.send(message("first"))
    suite.wait_mails(1)
    front, stub, helpers = local_processes(suite)
    os.kill(stub, signal.SIGKILL)
    for pid in sum(helpers.values(), []):
        os.kill(pid, signal.SIGKILL)
    suite.send(message("second"))
    suite.wait_log(r"root stub: .*; this process retires")
    assert suite.command("postqueue", "-f").returncode == 0
    suite.wait_mails(2)
    assert wait_for(lambda: front not in suite.pids("local"))
    assert len(suite.mails()) == 2
