# SPDX-License-Identifier: Apache-2.0
"""The build seen from outside: configure, make, make install, and the house rules' own scripts."""

import os
import pathlib
import re
import shutil
import stat
import subprocess

import pytest

SOURCE = pathlib.Path(os.environ.get("SALLYPORT_SOURCE", pathlib.Path(__file__).resolve().parents[2]))
BUILD = pathlib.Path(os.environ.get("SALLYPORT_BUILD", SOURCE))


def run(*command, cwd, **kwargs):
    return subprocess.run(
        [str(word) for word in command], cwd=cwd, timeout=120, check=False, text=True, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **kwargs)


def install(destination):
    done = run("make", "--no-print-directory", "install", f"DESTDIR={destination}", cwd=BUILD)
    assert done.returncode == 0, done.stdout
    return done.stdout


def definitions(config):
    """The strings of config.h, with the names in them put in."""
    done = run("gcc", "-E", "-dM", "-include", config, "-x", "c", "/dev/null", cwd=SOURCE)
    return dict(line.split(" ", 2)[1:] for line in done.stdout.splitlines() if line.startswith("#define DEF_"))


@pytest.fixture(scope="module")
def folders():
    return {name: text.strip('"') for name, text in definitions(BUILD / "lib/base/config.h").items()}


def test_a_second_make_does_nothing():
    done = run("make", "-q", cwd=BUILD)
    assert done.returncode == 0, done.stdout


def test_install_below_destdir(tmp_path, folders):
    told = install(tmp_path)
    sbin = tmp_path / folders["DEF_COMMAND_DIR"][1:]
    libexec = tmp_path / folders["DEF_DAEMON_DIR"][1:]
    etc = tmp_path / folders["DEF_CONFIG_DIR"][1:]
    for name in ("sallyport", "sendmail", "postconf", "postqueue", "postsuper", "postcat", "postlog", "postdrop", "postmap"):
        assert (sbin / name).is_file() and os.access(sbin / name, os.X_OK)
    for name in ("mailq", "newaliases"):
        assert os.readlink(sbin / name) == "sendmail"
    assert os.readlink(sbin / "postalias") == "postmap"
    for name in ("master", "smtpd", "cleanup", "qmgr", "smtp", "bounce", "local", "error", "discard", "pickup",
                 "trivial-rewrite", "resolver", "proxymap", "showq", "postlogd"):
        assert (libexec / name).is_file()
    assert os.readlink(libexec / "lmtp") == "smtp"
    for name in ("main.cf", "master.cf", "main.cf.dist", "master.cf.dist"):
        assert (etc / name).is_file()
    assert list((tmp_path / folders["DEF_MANPAGE_DIR"][1:] / "man8").glob("*.8"))
    # Packagers set the group themselves, and are told so.
    assert not (sbin / "postdrop").stat().st_mode & stat.S_ISGID
    assert "postdrop is not set-gid" in told


def test_install_keeps_the_configuration(tmp_path, folders):
    etc = tmp_path / folders["DEF_CONFIG_DIR"][1:]
    etc.mkdir(parents=True)
    (etc / "main.cf").write_text("myhostname = kept.example\n")
    install(tmp_path)
    assert (etc / "main.cf").read_text() == "myhostname = kept.example\n"
    assert (etc / "main.cf.dist").read_text() == (SOURCE / "conf/main.cf").read_text()
    assert (etc / "master.cf").read_text() == (SOURCE / "conf/master.cf").read_text()


def test_programs_are_hardened():
    for program in (BUILD / "bin").iterdir():
        header = run("readelf", "-W", "-h", "-l", "-d", program, cwd=BUILD).stdout
        assert "DYN (Position-Independent Executable file)" in header, program
        assert "GNU_RELRO" in header and "NOW" in header, program


@pytest.fixture
def configure(tmp_path):
    if (SOURCE / "lib/base/config.h").exists():
        pytest.skip("the source folder itself is configured")

    def call(*options):
        return run(SOURCE / "configure", *options, cwd=tmp_path)
    return call


def test_configure_places_everything(configure, tmp_path):
    done = configure("--prefix=/usr", "--libexecdir=${prefix}/lib", "--mandir=${prefix}/share/man", "--sbindir=/opt/s",
                     "--build=x86_64-linux-gnu", "--disable-option-checking", "--with-something=1", "--runstatedir=/run")
    assert done.returncode == 0, done.stdout
    found = definitions(tmp_path / "lib/base/config.h")
    assert found["DEF_CONFIG_DIR"] == '"/etc/sallyport"'
    assert found["DEF_COMMAND_DIR"] == '"/opt/s"'
    assert found["DEF_DAEMON_DIR"] == '"/usr/lib/sallyport"'
    assert found["DEF_QUEUE_DIR"] == '"/var/spool/sallyport"'
    assert found["DEF_DATA_DIR"] == '"/var/lib/sallyport"'
    assert found["DEF_MANPAGE_DIR"] == '"/usr/share/man"'


def test_configure_with_static(configure, tmp_path):
    """Only what starts anew for each message is linked without shared libraries, and only when that was asked for."""
    for option, programs in (("--with-static", {"sendmail", "postdrop"}), ("--without-static", set())):
        done = configure(option)
        if "there is no libc.a" in done.stdout:
            pytest.skip("libc.a is not installed")
        assert done.returncode == 0, done.stdout
        links = re.findall(r" (-static-pie|-pie) .* -o bin/(\S+) ", run("make", "-n", "V=1", "all", cwd=tmp_path).stdout)
        assert len(links) > 20 and {name for how, name in links if how == "-static-pie"} == programs, links


def test_configure_twice_leaves_the_files_alone(configure, tmp_path):
    assert configure("--prefix=/a").returncode == 0
    before = (tmp_path / "lib/base/config.h").stat().st_mtime_ns
    assert configure("--prefix=/a").returncode == 0
    assert (tmp_path / "lib/base/config.h").stat().st_mtime_ns == before


@pytest.mark.parametrize("option, words", [
    ("--sbindir=relative", "must be an absolute path"),
    ("--prefix=/with blank", "blanks or special characters"),
    ("--prefix", "in one word"),
    ("nonsense", "what is"),
    ("CC=/bin/false", "cannot build a small program"),
])
def test_configure_says_what_is_wrong(configure, tmp_path, option, words):
    done = configure(option)
    assert done.returncode == 1
    assert words in done.stdout
    assert not (tmp_path / "Makefile").exists()


# One offence against each house rule; the rest of the tree is in order.
LICENCE = "/* SPDX-License-Identifier: Apache-2.0 */\n"
OFFENCES = [
    ("layers", "lib/io/x.c", '#include "lib/mail/route.h"\n', "must not include lib/mail/route.h"),
    ("layers", "smtpd/x.c", '#include "qmgr/sched.h"\n', "must not include qmgr/sched.h"),
    ("layers", "commands/x.c", '#include "commands/y.h"\n', "must not include commands/y.h"),
    ("threads", "smtpd/x.c", "#include <pthread.h>\n", "uses threads"),
    ("threads", "master/x.c", "/* shared */\n#include <pthread.h>\n", "uses threads"),
    ("statics", "smtpd/x.c", "static int count;\n", "can change"),
    ("statics", "smtpd/x.c", 'static const char *names[] = { "a" };\n', "can change"),
    ("statics", "smtpd/x.c", "static int\nx(void)\n{\n\tstatic char line[10];\n}\n", "can change"),
    ("statics", "smtpd/x.c", "struct table *aliases;\n", "a global variable"),
    ("licence", "smtpd/x.c", None, "no line"),
    ("licence", "tests/x.py", None, "no line"),
    ("words", "smtpd/x.c", "/* TO" "DO: later */\n", "smtpd/x.c:2"),
    ("words", "smtpd/x.c", "int x = sprintf(a, b);\n", "smtpd/x.c:2"),
    ("style", "smtpd/x.c", "int x(void){return 1;}\n", "make format"),
    ("manual", "smtpd/main.c", "", "there is no man/smtpd.8"),
    ("manual", "man/x.8", "no mdoc\n", "man/x.8"),
    ("scripts", "x.sh", "#!/bin/sh\nif\n", "yntax error"),
    ("scripts", "x.sh", "#!/bin/bash\nif\n", "yntax error"),
    ("scripts", "x.py", "def\n", "SyntaxError"),
]
IN_ORDER = """\
#include "smtpd/y.h"

#include "lib/base/buf.h"

static const char *const names[] = { "a" };
static const struct verb {
	const char *name;
} verbs[] = {
	{ "HELO" },
};
static volatile sig_atomic_t stopped;
static int helper(int);

int
y(void)
{
	static const int z = 1;

	return helper(z);
}
"""


def small_tree(path):
    shutil.copytree(SOURCE / "tests/lint", path / "tests/lint")
    shutil.copy(SOURCE / "tests/run", path / "tests/run")
    shutil.copy(SOURCE / ".clang-format", path)
    for folder in ("smtpd", "master", "commands", "lib/io", "man"):
        (path / folder).mkdir(parents=True)
    (path / "configure").write_text("")
    (path / "quickstart").write_text("")
    (path / "smtpd/y.c").write_text(LICENCE + IN_ORDER)


def lint(rule, path):
    env = dict(os.environ, GIT_CEILING_DIRECTORIES=str(path.parent))
    env.pop("SALLYPORT_BUILD", None)
    return run(path / "tests/lint" / rule, cwd=path, env=env)


@pytest.mark.parametrize("rule, name, text, words", OFFENCES)
def test_house_rules_find_offences(tmp_path, rule, name, text, words):
    small_tree(tmp_path)
    done = lint(rule, tmp_path)
    assert done.returncode == 0, done.stdout
    if name.endswith(".c") and text is not None:
        text = LICENCE + text
    (tmp_path / name).write_text("\n" if text is None else text)
    done = lint(rule, tmp_path)
    assert done.returncode != 0
    assert words in done.stdout
