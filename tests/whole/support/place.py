# SPDX-License-Identifier: Apache-2.0
"""
place - where the tests of a running suite live: programs, accounts, ports.

One Place per test run.  As root the suites run with real privilege separation: the accounts are
made when they are missing.  As an ordinary user everything runs under that user.
"""

import grp
import os
import pathlib
import pwd
import shutil
import socket
import subprocess
import tempfile

ACCOUNTS = ("sallyport", "sallynet", "sallykey")
USERS = ("sptesta", "sptestb")


def run(command, **more):
    """subprocess.run with text, captured output and a time limit; the caller looks at the status."""
    more.setdefault("timeout", 60)
    more.setdefault("stdin", subprocess.DEVNULL if "input" not in more else None)
    if more["stdin"] is None:
        del more["stdin"]
    return subprocess.run([str(c) for c in command], capture_output=True, text=True, errors="surrogateescape",
                          check=False, **more)


def must(command, **more):
    done = run(command, **more)
    assert done.returncode == 0, f"{command}: status {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout


def free_port():
    """A high loopback port that nobody has now."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Place:
    def __init__(self):
        self.root = os.geteuid() == 0
        self.source = pathlib.Path(os.environ.get("SALLYPORT_SOURCE", pathlib.Path(__file__).parents[3]))
        self.build = pathlib.Path(os.environ.get("SALLYPORT_BUILD", self.source))
        # Not below pytest's own folder, which only its owner may search.
        self.base = pathlib.Path(tempfile.mkdtemp(prefix="sallyport-whole-"))
        self.base.chmod(0o755)
        self.users = USERS if self.root else (pwd.getpwuid(os.geteuid()).pw_name,) * 2
        if self.root:
            self.make_accounts()
        self.install()
        self.main_cf = None
        if self.root:
            self.allow_other_folders()

    def make_accounts(self):
        try:
            grp.getgrnam("postdrop")
        except KeyError:
            must(["groupadd", "--system", "postdrop"])
        for name in ACCOUNTS + USERS:
            try:
                pwd.getpwnam(name)
            except KeyError:
                home = f"/var/tmp/{name}" if name in USERS else "/nonexistent"
                must(["useradd", "--system", "--user-group", "--no-create-home", "--home-dir", home,
                      "--shell", "/bin/sh" if name in USERS else "/usr/sbin/nologin", name])
        for name in USERS:
            home = pathlib.Path(pwd.getpwnam(name).pw_dir)
            home.mkdir(mode=0o700, exist_ok=True)
            shutil.chown(home, name, name)

    def install(self):
        """Copies of the programs where every account can get at them, those of the set-gid ones with their group."""
        self.sbin = self.base / "sbin"
        self.libexec = self.base / "libexec"
        self.sbin.mkdir()
        self.libexec.mkdir()
        commands = {p.name if p.is_dir() else p.stem for p in (self.source / "commands").iterdir()}
        for program in (self.build / "bin").iterdir():
            is_command = program.name in commands or program.name in ("mailq", "newaliases", "postalias")
            to = (self.sbin if is_command else self.libexec) / program.name
            if program.is_symlink():
                to.symlink_to(os.readlink(program))
            else:
                shutil.copy2(program, to)
            if self.root and program.name in ("postdrop", "postqueue", "postlog"):
                shutil.chown(to, "root", "postdrop")
                to.chmod(0o2755)

    def allow_other_folders(self):
        """
        A set-gid program believes another configuration folder only when the one that it was built
        for names it in alternate_config_directories.  What is changed there is put back by close().
        """
        home = must([self.sbin / "postconf", "-d", "-h", "config_directory"]).strip()
        self.main_cf = pathlib.Path(home) / "main.cf"
        self.main_cf_before = self.main_cf.read_bytes() if self.main_cf.exists() else None
        self.main_cf.parent.mkdir(parents=True, exist_ok=True)
        with open(self.main_cf, "a", encoding="ascii") as f:
            f.write("\nalternate_config_directories =\n")
            f.writelines(f"\t{self.base}/suite{i}/etc\n" for i in range(1, 1000))

    def home(self, user):
        return pathlib.Path(pwd.getpwnam(user).pw_dir)

    def close(self):
        if self.main_cf and self.main_cf_before is not None:
            self.main_cf.write_bytes(self.main_cf_before)
        elif self.main_cf:
            self.main_cf.unlink()
        shutil.rmtree(self.base, ignore_errors=True)
