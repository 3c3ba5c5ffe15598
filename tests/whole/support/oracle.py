# SPDX-License-Identifier: Apache-2.0
"""
oracle - an installed Postfix with a folder, an account's rights and a port of its own: what it makes of a message.

    with Oracle(folder, {"canonical_maps": "texthash:/..."}, sink) as postfix:
        with postfix.smtp() as client: ...

Never the system's own: every setting is in its folder, and it listens on 127.0.0.1 alone.  Only root can start
one, since Postfix's master gives its daemons an account.
"""

import os
import pathlib
import smtplib
import subprocess

from .place import free_port, must, run

SBIN, LIBEXEC = pathlib.Path("/usr/sbin"), pathlib.Path("/usr/lib/postfix/sbin")
MASTER = """\
127.0.0.1:{port} inet n - n - - smtpd
pickup     unix  n       -       n       60      1       pickup
cleanup    unix  n       -       n       -       0       cleanup
qmgr       unix  n       -       n       300     1       qmgr
rewrite    unix  -       -       n       -       -       trivial-rewrite
bounce     unix  -       -       n       -       0       bounce
defer      unix  -       -       n       -       0       bounce
trace      unix  -       -       n       -       0       bounce
proxymap   unix  -       -       n       -       -       proxymap
proxywrite unix  -       -       n       -       1       proxymap
smtp       unix  -       -       n       -       -       smtp
relay      unix  -       -       n       -       -       smtp
showq      unix  n       -       n       -       -       showq
error      unix  -       -       n       -       -       error
retry      unix  -       -       n       -       -       error
discard    unix  -       -       n       -       -       discard
local      unix  -       n       n       -       -       local
anvil      unix  -       -       n       -       1       anvil
postlog    unix-dgram n  -       n       -       1       postlogd
"""


def available():
    return os.geteuid() == 0 and (SBIN / "postfix").exists() and (LIBEXEC / "cleanup").exists()


class Oracle:
    def __init__(self, folder, settings):
        self.dir = pathlib.Path(folder)
        self.etc, self.spool, self.data = self.dir / "etc", self.dir / "spool", self.dir / "data"
        self.log_file = self.dir / "maillog"
        self.port = free_port()
        for d in (self.dir, self.etc, self.spool, self.data):
            d.mkdir(mode=0o755, exist_ok=True)
        must(["chown", "postfix", self.data])
        self.settings = {
            "compatibility_level": "3.6",
            "queue_directory": self.spool,
            "data_directory": self.data,
            "command_directory": SBIN,
            "daemon_directory": LIBEXEC,
            "inet_interfaces": "127.0.0.1",
            "inet_protocols": "ipv4",
            "mynetworks": "127.0.0.0/8",
            "smtpd_peername_lookup": "no",
            "alias_maps": "",
            "alias_database": "",
            "maillog_file": self.log_file,
            "maillog_file_prefixes": self.dir,
        }
        self.settings.update(settings)
        (self.etc / "main.cf").write_text("".join(f"{k} = {v}\n" for k, v in self.settings.items()))
        (self.etc / "master.cf").write_text(MASTER.format(port=self.port))

    def command(self, name, *args, **more):
        return run([SBIN / name, *args], env=dict(os.environ, MAIL_CONFIG=str(self.etc)), **more)

    def start(self):
        done = self.command("postfix", "-c", str(self.etc), "start")
        assert done.returncode == 0, f"postfix start: {done.stdout}{done.stderr}{self.log()}"
        return self

    def stop(self):
        try:
            self.command("postfix", "-c", str(self.etc), "stop")
        except subprocess.TimeoutExpired:
            self.command("postfix", "-c", str(self.etc), "abort")

    __enter__ = start

    def __exit__(self, *what):
        self.stop()

    def log(self):
        try:
            return self.log_file.read_text(errors="replace")
        except OSError:
            return ""

    def smtp(self, **more):
        more.setdefault("timeout", 30)
        return smtplib.SMTP("127.0.0.1", self.port, local_hostname="client.test", **more)
