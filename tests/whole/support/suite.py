# SPDX-License-Identifier: Apache-2.0
"""
suite - one private mail system, started and stopped by a test.

    suite = Suite(place, {"relayhost": "[127.0.0.1]:2526"})
    suite.start()
    with suite.smtp() as client:
        client.sendmail("a@x.example", [suite.address()], "Subject: hello\\r\\n\\r\\nhi\\r\\n")
    message = suite.wait_mail()
    suite.stop()

Each has its own folder, port, Maildir name and log, so that tests do not see each other's mail.
"""

import json
import os
import pathlib
import re
import shutil
import smtplib
import subprocess
import time

from .place import free_port, must, run

DOMAIN = "suite.test"
MASTER = """\
{port}      inet  n       -       n       -       -       smtpd
pickup     unix  n       -       n       60      1       pickup
cleanup    unix  n       -       n       -       -       cleanup
qmgr       unix  n       -       n       300     1       qmgr
rewrite    unix  -       -       n       -       -       trivial-rewrite
bounce     unix  -       -       n       -       -       bounce
proxymap   unix  -       -       n       -       -       proxymap
proxywrite unix  -       -       n       -       1       proxymap
smtp       unix  -       -       n       -       -       smtp
relay      unix  -       -       n       -       -       smtp
lmtp       unix  -       -       n       -       -       lmtp
showq      unix  n       -       n       -       -       showq
error      unix  -       -       n       -       -       error
retry      unix  -       -       n       -       -       error
discard    unix  -       -       n       -       -       discard
local      unix  -       n       n       -       -       local
resolver   unix  -       -       n       -       1       resolver
postlog    unix-dgram n  -       n       -       1       postlogd
"""


def wait_for(what, seconds=20, pause=0.05):
    """what() until it gives something true, which is returned; after so many seconds None."""
    end = time.monotonic() + seconds
    while True:
        found = what()
        if found or time.monotonic() > end:
            return found or None
        time.sleep(pause)


class Suite:
    count = 0

    def __init__(self, place, settings=None, master=None, user=None):
        Suite.count += 1
        self.place = place
        self.dir = place.base / f"suite{Suite.count}"
        self.etc, self.spool, self.data = self.dir / "etc", self.dir / "spool", self.dir / "data"
        self.log_file = self.dir / "maillog"
        self.port = free_port()
        self.user = user or place.users[0]
        self.mailbox = f"Maildir-{os.getpid()}-{Suite.count}/"
        self.process = None
        for d in (self.dir, self.etc):
            d.mkdir(mode=0o755)
        self.write_master(master or "")
        self.settings = {
            "compatibility_level": "3.11",
            "queue_directory": self.spool,
            "data_directory": self.data,
            "command_directory": place.sbin,
            "daemon_directory": place.libexec,
            "myhostname": DOMAIN,
            "mydomain": "test",
            "mydestination": f"{DOMAIN} localhost",
            "mynetworks": "127.0.0.0/8",
            "inet_interfaces": "127.0.0.1",
            "inet_protocols": "ipv4",
            "smtpd_peername_lookup": "no",
            "alias_maps": "inline:{{ root = %s }}" % self.user,
            "local_recipient_maps": "proxy:unix:passwd.byname $alias_maps",
            "home_mailbox": self.mailbox,
            "maillog_file": self.log_file,
            "maillog_file_prefixes": self.dir,
            "dns_server": "127.0.0.1:9",  # nobody there: a test that wants names starts a server
            "max_idle": "20s",
        }
        self.settings.update(settings or {})
        self.write_main()
        # The boxes are written with the users' own rights.
        self.boxes = []

    # ---- configuration ----

    def write_main(self):
        (self.etc / "main.cf").write_text("".join(f"{k} = {v}\n" for k, v in self.settings.items()))

    def write_master(self, more=""):
        """more: lines that replace those of the same service name and type, or come in addition."""
        lines = MASTER.format(port=f"127.0.0.1:{self.port}").splitlines()
        extra = more.format(port=f"127.0.0.1:{self.port}").splitlines()
        names = {tuple(line.split()[:2]) for line in extra if line and not line[0].isspace()}
        kept = [line for line in lines if tuple(line.split()[:2]) not in names]
        (self.etc / "master.cf").write_text("\n".join(kept + extra) + "\n")

    def set(self, **settings):
        self.settings.update(settings)
        self.write_main()

    # ---- life ----

    def command(self, name, *args, **more):
        env = dict(os.environ, MAIL_CONFIG=str(self.etc))
        env.update(more.pop("env", {}))
        return run([self.place.sbin / name, *args], env=env, **more)

    def start(self):
        done = self.command("sallyport", "start")
        assert done.returncode == 0, f"start: {done.stdout}{done.stderr}\n{self.log()}"
        return self

    def stop(self):
        if self.master_pid() is None:
            return
        done = self.command("sallyport", "stop")
        gone = wait_for(lambda: self.master_pid() is None, 15)
        if not gone:
            self.command("sallyport", "abort")
        assert done.returncode == 0 and gone, f"stop: {done.stdout}{done.stderr}\n{self.log()[-3000:]}"

    def reload(self):
        done = self.command("sallyport", "reload")
        assert done.returncode == 0, done.stdout + done.stderr

    def master_pid(self):
        try:
            pid = int((self.spool / "pid/master.pid").read_text())
            os.kill(pid, 0)
            name, state = pathlib.Path(f"/proc/{pid}/stat").read_text().split("(", 1)[1].rsplit(")", 1)
            return pid if name == "master" and state.split()[0] != "Z" else None
        except (OSError, ValueError):
            return None

    def pids(self, program):
        """The processes of a program in this suite: master's children of that name."""
        master = self.master_pid()
        if master is None:
            return []
        out = []
        for child in pathlib.Path(f"/proc/{master}/task/{master}/children").read_text().split():
            try:
                if pathlib.Path(f"/proc/{child}/comm").read_text().strip() == program[:15]:
                    out.append(int(child))
            except OSError:
                pass
        return out

    def close(self):
        try:
            self.stop()
        finally:
            for user in set(self.place.users):
                shutil.rmtree(self.place.home(user) / self.mailbox, ignore_errors=True)
            shutil.rmtree(self.dir, ignore_errors=True)

    # ---- mail ----

    def address(self, user=None):
        return f"{user or self.user}@{DOMAIN}"

    def smtp(self, **more):
        more.setdefault("timeout", 30)
        return smtplib.SMTP("127.0.0.1", self.port, local_hostname="client.test", **more)

    def send(self, text="Subject: test\r\n\r\nhello\r\n", sender="sender@client.test", to=None, options=()):
        """One message by SMTP; raises as smtplib does."""
        with self.smtp() as client:
            return client.sendmail(sender, to or [self.address()], text, mail_options=options)

    def sendmail(self, *args, text="Subject: test\n\nhello\n", **more):
        return self.command("sendmail", *args, input=text, **more)

    def maildir(self, user=None):
        return self.place.home(user or self.user) / self.mailbox

    def mails(self, user=None):
        """What lies in the Maildir, as bytes, oldest first."""
        new = self.maildir(user) / "new"
        try:
            files = sorted(new.iterdir(), key=lambda p: p.stat().st_mtime_ns)
            return [p.read_bytes() for p in files]
        except OSError:
            return []

    def wait_mails(self, n, user=None, seconds=30):
        found = wait_for(lambda: len(self.mails(user)) >= n, seconds)
        mails = self.mails(user)
        assert found, f"{len(mails)} of {n} messages arrived\n{self.log()[-4000:]}"
        return mails

    def wait_mail(self, user=None, seconds=30):
        return self.wait_mails(1, user, seconds)[-1]

    # ---- what it says ----

    def log(self):
        try:
            return self.log_file.read_text(errors="replace")
        except OSError:
            return ""

    def wait_log(self, pattern, seconds=20, count=1):
        """The match of a regular expression in the log; fails with the log when it does not come."""
        expression = re.compile(pattern, re.M)
        found = wait_for(lambda: (m := list(expression.finditer(self.log()))) and len(m) >= count and m, seconds)
        assert found, f"not in the log: {pattern}\n{self.log()[-4000:]}"
        return found[-1]

    def queue(self):
        """postqueue -j as a list."""
        out = self.command("postqueue", "-j")
        assert out.returncode == 0, out.stderr
        return [json.loads(line) for line in out.stdout.splitlines()]

    def wait_empty(self, seconds=30):
        # Twice: what moves against the order of the folders is missed by one look.
        found = wait_for(lambda: not self.queue_files() and not self.queue_files(), seconds)
        assert found, f"still in the queue: {self.queue_files()}\n{self.log()[-4000:]}"

    def queue_files(self, *queues):
        out = []
        for queue in queues or ("maildrop", "incoming", "active", "deferred", "hold", "corrupt"):
            out += [p for p in (self.spool / queue).rglob("*") if p.is_file()]
        return out


def installed(program):
    return shutil.which(program, path=os.environ["PATH"] + ":/usr/sbin:/sbin") is not None


def message(subject="test", body="hello\r\n", extra=""):
    return (f"From: sender@client.test\r\nTo: someone@{DOMAIN}\r\nSubject: {subject}\r\n"
            f"Date: Mon, 1 Jan 2024 00:00:00 +0000\r\nMessage-ID: <{subject}@client.test>\r\n{extra}\r\n{body}")
