# SPDX-License-Identifier: Apache-2.0
"""
peers - where the measured mail systems come from: our build, and Debian's packages.

Postfix is the installed package.  Exim and OpenSMTPD cannot be installed beside it: their packages are
downloaded with apt-get and unpacked into a cache folder; libraries that they lack are installed.
Accounts, folders and lines in files that they need outside of that folder are taken back by close().
"""
import os
import pathlib
import pwd
import re
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "whole"))
from support.place import Place  # noqa: E402

PACKAGES = {"exim": "exim4-daemon-heavy", "opensmtpd": "opensmtpd"}
PROGRAMS = {"exim": "usr/sbin/exim4", "opensmtpd": "usr/sbin/smtpd"}
ACCOUNTS = {"exim": ["Debian-exim"], "opensmtpd": ["opensmtpd", "opensmtpq"]}
# Folders that OpenSMTPD has compiled in; the adapter binds ours over them.
FOLDERS = {"opensmtpd": ["/var/spool/smtpd", "/usr/libexec/opensmtpd", "/var/lib/opensmtpd/empty", "/var/lib/opensmtpd"]}
USERS = [f"spbench{i}" for i in range(100)]
QUIET = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}


class Unavailable(Exception):
    """This peer cannot be measured here; the text says why."""


def must(command, **more):
    done = subprocess.run(command, check=False, timeout=300, **QUIET, **more)
    if done.returncode:
        raise Unavailable(f"{' '.join(map(str, command[:4]))}: {done.stdout.strip()[-200:]}")
    return done.stdout


class Peers:
    """The prefix folder of each mail system, in the environment that the adapters get."""

    def __init__(self, work, cache):
        self.work, self.cache = pathlib.Path(work), pathlib.Path(cache)
        self.place, self.users, self.accounts, self.folders, self.trusted = None, [], [], [], None
        self.env = {}

    def prepare(self, name):
        kind = name.partition(":")[0]
        if "PEER_" + kind.upper() in os.environ or "PEER_" + kind.upper() in self.env:
            return
        make = {"sallyport": self.sallyport, "postfix": self.postfix}.get(kind)
        self.env["PEER_" + kind.upper()] = str(make() if make else self.unpacked(kind))
        os.environ.update(self.env)

    def sallyport(self):
        os.environ.setdefault("SALLYPORT_SOURCE", str(HERE.parents[1]))
        os.environ.setdefault("SALLYPORT_BUILD", os.environ["SALLYPORT_SOURCE"])
        self.place = Place()
        prefix = self.place.base
        (prefix / "etc/sallyport").mkdir(parents=True)
        for name in ("main.cf", "master.cf"):
            shutil.copy(self.place.source / "conf" / name, prefix / "etc/sallyport" / name)
        (prefix / "libexec/sallyport").symlink_to(prefix / "libexec")
        with open(self.place.main_cf, "a", encoding="ascii") as f:
            f.writelines(f"\t{self.work}/state/sallyport{profile}/etc\n" for profile in ("", "-default", "-tuned"))
        return prefix

    def postfix(self):
        if not os.path.exists("/usr/lib/postfix/sbin/master"):
            raise Unavailable("Debian's postfix is not installed (apt-get install postfix)")
        prefix = self.work / "postfix"
        (prefix / "etc").mkdir(parents=True, exist_ok=True)
        for link, to in (("sbin", "/usr/sbin"), ("libexec", "/usr/lib/postfix/sbin")):
            if not (prefix / link).is_symlink():
                (prefix / link).symlink_to(to)
        for name in ("postfix-files", "dynamicmaps.cf"):
            if os.path.exists("/etc/postfix/" + name):
                shutil.copy("/etc/postfix/" + name, prefix / "etc" / name)
        shutil.copy("/usr/share/postfix/master.cf.dist", prefix / "etc/master.cf")
        (prefix / "etc/main.cf").write_text("")
        return prefix

    def unpacked(self, kind):
        prefix = self.cache / kind
        if not (prefix / PROGRAMS[kind]).exists():
            print(f"fetching Debian's {PACKAGES[kind]} into {self.cache}", flush=True)
            prefix.mkdir(parents=True, exist_ok=True)
            must(["apt-get", "-q", "download", PACKAGES[kind]], cwd=prefix)
            for package in prefix.glob("*.deb"):
                must(["dpkg", "-x", str(package), str(prefix)])
        self.libraries(prefix / PROGRAMS[kind], PACKAGES[kind])
        for name in ACCOUNTS[kind]:
            self.account(name, "/nonexistent")
            if pwd.getpwnam(name).pw_dir == "/nonexistent":     # ours, perhaps from a run that was killed
                self.accounts.append(name)
        for name in FOLDERS.get(kind, ()):
            os.makedirs(name, exist_ok=True)
            if self.accounts:           # the package is not installed, so that they are ours
                self.folders.append(name)
        if kind == "exim":
            self.trusted = "/etc/exim4/trusted_configs"
        return prefix

    def libraries(self, program, package):
        """Exim runs itself set-uid, where no LD_LIBRARY_PATH counts: what it lacks is installed."""
        if "not found" not in must(["ldd", str(program)]):
            return
        names = re.findall(r"Depends: (lib[a-z0-9.+-]+)", must(["apt-cache", "depends", package]))
        print(f"installing the libraries of {package}", flush=True)
        must(["apt-get", "-q", "-y", "--no-install-recommends", "install", *names],
             env=dict(os.environ, DEBIAN_FRONTEND="noninteractive"))

    def account(self, name, home, shell="/usr/sbin/nologin"):
        try:
            pwd.getpwnam(name)
        except KeyError:
            must(["useradd", "--system", "--user-group", "--no-create-home", "--home-dir", home, "--shell", shell, name])

    def mail_users(self, count):
        """The first so many users with a home of their own, into which mail can be delivered."""
        for name in USERS[:count]:
            home = self.work / "home" / name
            home.mkdir(parents=True, exist_ok=True)
            self.account(name, str(home), "/bin/sh")
            self.users.append(name)     # also when a run that was killed has left it
            if pwd.getpwnam(name).pw_dir != str(home):
                must(["usermod", "--home", str(home), name])
            shutil.chown(home, name, name)
        return [self.work / "home" / name for name in USERS[:count]]

    def versions(self, names):
        """One line that says what was compared."""
        out = []
        for name in names:
            adapter = HERE / "adapters" / (name.partition(":")[0] + ".sh")
            done = subprocess.run([adapter, "version"], env=dict(os.environ, BENCH_STATE="/nonexistent",
                                  BENCH_LISTEN="127.0.0.1:1"), check=False, timeout=20, **QUIET)
            out.append(f"{name} {done.stdout.strip().splitlines()[0] if done.stdout.strip() else '?'}")
        return ", ".join(out)

    def close(self):
        for name in self.accounts + self.users:
            subprocess.run(["userdel", name], check=False, timeout=60, **QUIET)
        for name in self.folders:
            try:
                os.rmdir(name)
            except OSError:
                pass
        if self.trusted and os.path.exists(self.trusted):
            lines = pathlib.Path(self.trusted).read_text().splitlines(True)
            kept = [line for line in lines if not line.startswith(str(self.work))]
            pathlib.Path(self.trusted).write_text("".join(kept))
            if not kept:
                os.unlink(self.trusted)
        if self.place:
            self.place.close()
