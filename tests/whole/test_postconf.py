# SPDX-License-Identifier: Apache-2.0
"""
postconf beside Postfix's: the same command in copies of the same folder, with the same output, status, warnings
and files.  Where there is no Postfix the rest is tested alone.

Differences that are meant, and that these tests pass over:
- what Postfix warns of in its own words at the end ("fatal: ...") may have more words, or name a file, here;
- we say which settings have no effect, what is wrong with a value, and which services are built in or defined twice;
- Postfix writes "name = " for an empty value, and glues a new line to a last one without an end;
- Postfix writes every line of a repeated parameter anew, we keep one;
- -F and -P move comments that stand behind a service before it in Postfix, and only those among its lines here;
- Postfix cuts "-oname=value" at each 'o', prints "{a b}" without braces where it is the first argument, and
  prints the words of a command together with -Fh;
- Postfix takes any name for a parameter (we refuse one that nobody uses), an empty column (we do not), no blanks in
  a value of -P (we put braces around them), and a new "-o" without a name;
- several new parameters are written in any order by Postfix, in that of the command here.
"""

import json
import os
import random
import re
import resource
import stat
import struct
import subprocess

import pytest

from support.place import run

POSTFIX = "/usr/sbin/postconf"
OLD = 1_000_000_000
NOBODY = 0xffffffff  # an entry of an ACL that is for no user or group by number

KNOWN = ["relayhost", "mynetworks", "biff", "myorigin", "mydestination", "smtpd_recipient_restrictions", "virtual_alias_maps",
         "message_size_limit", "smtpd_timeout", "smtp_helo_name", "append_dot_mydomain", "recipient_delimiter",
         "smtpd_tls_security_level", "home_mailbox", "content_filter", "local_header_rewrite_clients"]
OWN = ["gateway", "my_nets", "mua_list", "site_policy", "unused_thing"]
OURS_ALONE = re.compile(r"has no effect:|column 8|-- ignored, with what continues it|is refused:|is not built yet:|support for parameter|: bad \S+ value|is defined again in|"
                        r"warning: .*refers to itself")
THEIRS_ALONE = re.compile(r"unreasonable macro call nesting|logical line must not start with whitespace")


@pytest.fixture(scope="session")
def postfix():
    """Postfix's own postconf."""
    if not os.access(POSTFIX, os.X_OK) or run([POSTFIX, "-dh", "mail_name"]).stdout != "Postfix\n":
        pytest.skip("there is no Postfix to compare with")
    return POSTFIX


class Folder:
    def __init__(self, path, main, master):
        self.path = path
        path.mkdir()
        for name, text in (("main.cf", main), ("master.cf", master)):
            if text is not None:
                (path / name).write_bytes(text if isinstance(text, bytes) else text.encode())
                os.utime(path / name, (OLD, OLD))  # Postfix reads a file again that is new

    def postconf(self, program, *args, **more):
        return run(["postconf", "-c", ".", *args], executable=program, cwd=self.path, **more)

    def files(self):
        return [self.path.joinpath(name).read_bytes() for name in ("main.cf", "master.cf")]


def warnings_of(text):
    lines = [re.sub(r"[\s?]+", " ", line) for line in text.splitlines()]
    return sorted({re.sub(r"fatal: .*", "fatal", line) for line in lines
                   if not OURS_ALONE.search(line) and not THEIRS_ALONE.search(line)})


def shown(text):
    return [line for line in text.splitlines() if not line.startswith("# built in:")]


def lines_of(content, args):
    lines = re.sub(rb"[ \t]+\n", b"\n", content).split(b"\n")
    if args[0] in ("-F", "-P", "-PX"):
        comments = [line for line in lines if not line.strip() or line.strip().startswith(b"#")]
        return [line for line in lines if line not in comments], sorted(comments)
    return sorted(lines) if args[0] == "-e" else lines


def compare(tmp_path, postfix, ours, main, master, args):
    """What differs, as text."""
    out = []
    folders = [Folder(tmp_path / f"{kind}{len(list(tmp_path.iterdir()))}", main, master) for kind in "po"]
    theirs, mine = folders[0].postconf(postfix, *args), folders[1].postconf(ours, *args)
    for what, a, b in (("status", theirs.returncode, mine.returncode),
                       ("output", shown(theirs.stdout), shown(mine.stdout)),
                       ("warnings", warnings_of(theirs.stderr), warnings_of(mine.stderr)),
                       *zip(("main.cf", "master.cf"), *([lines_of(c, args) for c in f.files()] for f in folders))):
        if a != b:
            out.append(f"{args}: {what}\nPostfix: {a}\nhere: {b}\n{mine.stderr}")
    return "\n".join(out)


class Generator:
    """Configurations and commands, any number of them, the same for one seed."""

    def __init__(self, seed):
        self.r = random.Random(seed)

    def value(self):
        words = ["permit_mynetworks", "reject", "127.0.0.0/8,", "[::1]/128", "hash:/etc/aliases", "$myhostname", "${gateway}",
                 "$(my_nets)", "${mua_list?yes}", "${site_policy:{no}}", "$undefined_one", "a=b", "[mail.example]:587",
                 "x" * self.r.randint(1, 40), "$$", '"quoted text"', "it's", "a#b"]
        return " ".join(self.r.choice(words) for _ in range(self.r.randint(0, 9)))

    def folded(self, text):
        gaps = [" "] * 5 + ["  ", "\t", "\n  ", "\n\t", "\n# c\n  ", "\n\n  ", "\n   # c\n "]
        return re.sub(" ", lambda _: self.r.choice(gaps), text).strip()

    def comment(self):
        return self.r.choice(["", "", "", "# comment\n", "\n", "#a = b\n", "   \n", "  # indented\n"])

    def main_cf(self):
        names = self.r.sample(KNOWN, self.r.randint(1, 10)) + self.r.sample(OWN, self.r.randint(0, 4))
        names += ["smtp_destination_rate_delay"] * self.r.randint(0, 1)
        self.r.shuffle(names)
        out = self.r.choice(["", "# first\n"])
        for name in names:
            value = self.r.choice(["a", "b c", "1.2.3.4,", ""]) if name in OWN else self.folded(self.value())
            out += name + self.r.choice([" = ", "=", " =", "= "]) + value + self.r.choice(["", " ", "\t"]) + "\n" + self.comment()
        return out

    def override(self):
        name = self.r.choice(KNOWN + OWN[:-1])
        value = self.r.choice(["", "yes", "$gateway", "a,b", "$myhostname", "${my_nets}", "permit_mynetworks,reject", "a=b"])
        long = re.sub(r"[{}]|\$\(", "", self.value())
        value, long = ("x" if name in text else text for text in (value, long))  # none that refers to itself
        return self.r.choice([f"-o {name}={value}", f"-o {{{name}={value}}}", f"-vo {name}={value}", f"-o {{ {name} = {long} }}"])

    def service(self, name, kind):
        pick = self.r.choice
        columns = [name, kind, pick("n" if kind == "inet" else "yn-"), pick("yn-"), pick("yn-"),
                   pick(["-", "60", "60?", "0", "1000?"]), pick(["-", "1", "0", "100"])]
        program = pick(["smtpd", "smtp", "pipe", "cleanup", "local", "lmtp", "virtual", "spawn", "error"])
        args = [self.override() if self.r.random() < 0.8 else pick(["-v", "-D"]) for _ in range(self.r.randint(0, 4))]
        if program in ("pipe", "spawn"):
            args += ["user=x", *self.r.sample(["flags=DRXhu", "argv=/usr/bin/maildrop -d ${recipient} -o x=y", "null_sender=",
                                               "size=10240"], self.r.randint(1, 4))]
        text = pick([" ", "  ", "\t"]).join(columns) + " " + program
        return text + "".join(pick([" ", "\n  ", "\n\t", "\n# c\n  ", "\n\n  "]) + a for a in args) + pick(["", " "]) + "\n"

    def master_cf(self):
        names = ["smtp", "submission", "127.0.0.1:10025", "[::1]:25", "relay", "a-very-long-service-name", "cleanup", "2525"]
        kinds = ["inet", "unix", "unix", "fifo", "pass", "unix-dgram"]
        services = sorted({(self.r.choice(names), self.r.choice(kinds)) for _ in range(self.r.randint(1, 6))})
        return "".join(self.service(*s) + self.comment() for s in services), services

    def commands(self, services):
        (n, t), k, pick = self.r.choice(services), self.r.choice(KNOWN), self.r.choice
        v = pick(["a", "a b", "  a   b ", "a=b", "$myhostname x", "", "x,y", "{a}", "a # b"])
        show = [["-n"], ["-nf"], ["-nx"], ["-nh"], ["-nH"], ["-n", "-C", pick(["user", "service", "user,service", "builtin"])],
                ["-M"], ["-Mf"], ["-Mx"], ["-F"], ["-FH"], ["-Ff"], ["-Fx"], ["-P"], ["-Ph"], ["-PH"], ["-Pf"], ["-Px"],
                ["-M", n], ["-M", f"{n}/{t}"], ["-M", f"*/{t}"], ["-M", "nosuch", n], ["-F", f"{n}/{t}"],
                ["-F", f"{n}/*/command"], ["-F", "*/*/chroot", "*/inet"], ["-P", n], ["-P", f"*/*/{k}"],
                ["-P", f"{n}/{t}/{k}"], ["-P", "nosuch/inet"], [k], ["-h", k, pick(KNOWN)], ["-x", k], ["-xf", k],
                ["-d", k], ["-dh", k], ["-x", "-o", f"mydomain={pick('abc')}", k], ["nosuch_name"], [pick(OWN)]]
        edit = [[f"{k}={v}"], ["-e", f"{k} = {v}", f"{pick(KNOWN)}={v}"], ["-X", k], ["-X", k, pick(OWN), "nosuch"],
                ["-#", k], ["-e", "gateway=q", "relayhost=$gateway"], ["-MX", f"{n}/{t}"], ["-MX", f"*/{t}"],
                ["-M#", f"{n}/{t}"], ["-M#", "nosuch/unix"], ["-Me", f"{n}/{t}={n}  {t} n - n 0 5 smtpd -o {k}=b -v"],
                ["-M", f"new/unix=new unix - - n - - smtp -o {{ {k} = a  b }}"], ["-F", f"{n}/{t}/process_limit=7"],
                ["-F", f"{n}/{t}/chroot=y", "*/*/unprivileged=n"], ["-F", f"{n}/{t}/wakeup=10?"],
                ["-F", f"{n}/{t}/wakeup=x"], ["-F", f"{n}/{t}/command=smtp -v -o {k}=z x"],
                ["-F", f"{n}/{t}/service=renamed"], ["-F", f"{n}/{t}/nosuch=1"], ["-F", "nosuch/inet/chroot=y"],
                ["-P", f"{n}/{t}/{k}={v.replace(' ', '')}"], ["-P", f"*/*/{k}=1", f"{n}/{t}/{k}=2"],
                ["-PX", f"{n}/{t}/{k}"], ["-PX", f"*/*/{k}", f"*/*/{pick(KNOWN)}"], ["-P", "nosuch/inet/biff=1"],
                ["-P", f"{n}/{t}/*=1"], ["-P", f"{n}/*/biff=$myhostname"]]
        return self.r.sample(show, 5) + self.r.sample(edit, 5)


@pytest.mark.parametrize("seed", range(20))
def test_like_postfix(tmp_path, place, postfix, seed):
    g = Generator(seed)
    main, (master, services) = g.main_cf(), g.master_cf()
    for args in g.commands(services):
        difference = compare(tmp_path, postfix, place.sbin / "postconf", main, master, args)
        assert difference == "", f"{difference}\n{main}\n{master}"


@pytest.mark.parametrize("args", [["-n"], ["-M"], ["-P"], ["mydomain"], ["relayhost=x"], ["-X", "mydomain"], ["-#", "relayhost"],
                                  ["-Me", "a/inet=a inet n - n - 1 smtpd"], ["-MX", "smtp/inet"], ["-F", "a/inet/chroot=y"]],
                         ids="".join)
def test_first_line_with_white_space(tmp_path, place, postfix, args):
    """It is left out, with what continues it, and stays where it is."""
    main = "# c\n\n  \tmydomain = x.example\n  more\n# d\n  more\nrelayhost = y\nmydomain = z.example\n"
    master = " smtp inet n - n - - smtpd\n  -o biff=x\na inet n - n - - smtpd\n"
    assert compare(tmp_path, postfix, place.sbin / "postconf", main, master, args) == ""
    done = Folder(tmp_path / "w", main, master).postconf(place.sbin / "postconf", "-n")
    assert './main.cf, line 3: logical line must not start with whitespace: "mydomain = x.example"' in done.stderr
    assert './master.cf, line 1: logical line must not start with whitespace: "smtp inet n' in done.stderr


@pytest.mark.parametrize("args", [["-M"], ["-Mf", "b"], ["-F"], ["-P"], ["-n"], ["-MX", "a/unix"], ["-F", "b/unix/command=smtpd -o biff=no"],
                                  ["-F", "b/unix/process_limit=7"], ["-P", "b/unix/biff=no"]], ids="".join)
def test_lines_that_cannot_run(tmp_path, place, postfix, args):
    """Postfix shows them and starts all but their services; they can be seen and mended here too, but nothing starts."""
    master = "a unix - - n - - /bin/sh -o x=y\nb unix - - n - - smtpd -o x -o mydomain=a.b\nc unix - - n - - smtpd -o\n"
    assert compare(tmp_path, postfix, place.sbin / "postconf", "", master, args) == ""
    done = Folder(tmp_path / "w", "", master).postconf(place.sbin / "postconf", "-M")
    assert done.returncode == 0 and './master.cf, line 1: invalid command field "/bin/sh"' in done.stderr


USAGE = ["-e", "-X", "-#", "-Me", "-MX", "-M#", "-MH", "-nd", "-hH biff", "-F -P", "-MF", "-M -n", "-F -d", "-P -n", "-FX a/b/c",
         "-F# a/b/c", "-P# a/b/c", "-PX a/inet", "-F a/inet=x", "-P a/inet/=x", "-d -e", "-e -X a", "-e a", "-X a=b", "-# a=b",
         "-e -h a=b", "-en a=b", "-C foo", "-C user,foo", "-l -m", "-a -l", "-b -M", "-M -p", "-M -l", "-Me a=b", "-Me a/inet=a inet n",
         "-T nosuch", "-T", "-x -e", "-d -o a=b", "-l -x", "-M a/inet/x", "-F /", "-F a/b/c/d", "-P a/b/c/d", "-F a/inet/nosuch"]


def test_usage_like_postfix(tmp_path, place, postfix):
    for text in USAGE:
        difference = compare(tmp_path, postfix, place.sbin / "postconf", "", "a inet n - n - - smtpd -o biff=no\n", text.split(" "))
        # The summary of the options is another one, and we say which modes there are.
        assert difference == "" or (text.startswith("-T") and "status" not in difference), difference


@pytest.mark.parametrize("text", ["specify one of -d -e", "with option -M, do not specify -H", "missing service argument"])
def test_usage_in_postfix_words(tmp_path, place, text):
    args = {"specify one of -d -e": "-de", "with option -M, do not specify -H": "-MH", "missing service argument": "-X"}[text]
    done = Folder(tmp_path / "f", "", "").postconf(place.sbin / "postconf", args)
    assert done.returncode == 1 and done.stderr == f"postconf: fatal: {text}\n"


BAD = {
    "NUL": (b"a\0b = 1\n", "", "-n", "main.cf, line 1: a NUL byte"),
    "binary": (bytes(range(1, 256)) * 64, "", "-n", "main.cf, line"),
    "no equal sign": ("biff = no\nnonsense\n", "", "-n", "main.cf, line 2: missing '='"),
    "unbalanced": ("biff = no\nrelayhost = ${x\n", "", "-n", "main.cf, line 2: relayhost: closing bracket is missing"),
    "unbalanced, another asked for": ("biff = no\nrelayhost = ${x\n", "", "biff", "main.cf, line 2: relayhost: closing"),
    "to itself": ("# c\nrelayhost = $relayhost\n", "", "-nx", "main.cf, line 2: relayhost: refers to itself"),
    "in a circle": ("mydomain = $myorigin\nmyorigin = $mydomain\n", "", "-n", "refers to itself"),
    "few columns": ("", "# c\n\na inet\n", "-M", "master.cf, line 3: bad field count"),
    "bad type": ("", "a tcp n - n - - smtpd\n", "-M", 'master.cf, line 1: invalid type field "tcp"'),
    "bad flag": ("", "a inet maybe - n - - smtpd\n", "-F", 'master.cf, line 1: invalid private field "maybe"'),
}


@pytest.mark.parametrize("what", BAD)
def test_bad_input(tmp_path, place, what):
    main, master, option, text = BAD[what]
    folder = Folder(tmp_path / "f", main, master)
    done = folder.postconf(place.sbin / "postconf", option)
    fatal = [line for line in done.stderr.splitlines() if "fatal:" in line]
    assert done.returncode == 1 and len(fatal) == 1 and text in fatal[0], done.stderr
    if os.access(POSTFIX, os.X_OK) and what != "NUL":
        assert folder.postconf(POSTFIX, option).returncode == 1


def test_long_and_odd_lines(tmp_path, place):
    """Lines of a megabyte, CRLF, no last line end."""
    postconf = place.sbin / "postconf"
    folder = Folder(tmp_path / "f", b"relayhost = [" + b"x" * 1_000_000 + b"]\r\nbiff = no\r\n# end\r\nmydomain = a.example", "")
    done = folder.postconf(postconf, "-h", "biff", "mydomain", "relayhost")
    assert done.returncode == 0 and done.stdout == "no\na.example\n[" + "x" * 1_000_000 + "]\n"
    assert folder.postconf(postconf, "biff=yes", "myorigin=b.example").returncode == 0
    after = folder.files()[0]
    assert after.endswith(b"]\r\nbiff = yes\n# end\r\nmydomain = a.example\nmyorigin = b.example\n")
    folder = Folder(tmp_path / "g", "relayhost = " + "x" * 2_000_000, "")
    done = folder.postconf(postconf, "-n")
    assert done.returncode == 1 and "main.cf, line 1: the line and its continuation are longer than" in done.stderr


def test_no_file(tmp_path, place):
    postconf = place.sbin / "postconf"
    for path, why in (("missing", "No such file or directory"), ("folder", "Is a directory")):
        (tmp_path / path).mkdir()
        if path == "folder":
            (tmp_path / path / "main.cf").mkdir()
        for args in (["-n"], ["biff=no"]):
            done = run([postconf, "-c", tmp_path / path, *args])
            assert done.returncode == 1 and f"{path}/main.cf: {why}; " in done.stderr and done.stderr.count("\n") == 1


def test_no_permission(tmp_path_factory, place):
    if not place.root:
        pytest.skip("only root can become somebody else")
    folder = Folder(place.base / "no-permission", "biff = no\n", "")
    folder.path.chmod(0o755)
    other = {"user": "nobody", "group": "nogroup", "extra_groups": []}
    done = folder.postconf(place.sbin / "postconf", "biff=yes", **other)
    assert done.returncode == 1 and "main.cf: Permission denied; nothing was changed" in done.stderr
    (folder.path / "main.cf").chmod(0o600)
    for args in (["-n"], ["biff=yes"]):
        done = folder.postconf(place.sbin / "postconf", *args, **other)
        assert done.returncode == 1 and "main.cf: Permission denied" in done.stderr and done.stderr.count("\n") == 1
    assert folder.files()[0] == b"biff = no\n"


def test_many_editors(tmp_path, place):
    """Forty at once, in both files: every change is there."""
    many = 40
    uses = "relayhost = " + " ".join(f"$p{i}" for i in range(many)) + "\n"
    folder = Folder(tmp_path / "f", uses, "".join(f"s{i} unix - - n - - smtp\n" for i in range(many)))
    edits = [[f"p{i}={i}"] if i % 2 else ["-P", f"s{i}/unix/biff=no"] for i in range(many)]
    running = [subprocess.Popen([place.sbin / "postconf", "-c", ".", *e], cwd=folder.path, stderr=subprocess.PIPE) for e in edits]
    for process in running:
        _, err = process.communicate(timeout=60)
        assert process.returncode == 0, err
    main, master = folder.files()
    for i in range(many):
        assert f"p{i} = {i}\n".encode() in main if i % 2 else re.search(rf"s{i} .* smtp\n    -o biff=no\n".encode(), master)
    assert sorted(p.name for p in folder.path.iterdir()) == ["main.cf", "master.cf"]


@pytest.mark.parametrize("ignored", [True, False])
def test_full_disk(tmp_path, place, ignored):
    """What does not fit leaves the old file, and says so unless the process was killed for it."""
    text = "# " + "x" * 4000 + "\nbiff = no\n"
    folder = Folder(tmp_path / "f", text, "")
    done = folder.postconf(place.sbin / "postconf", "biff=yes", restore_signals=not ignored,
                           preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000)))
    assert done.returncode == 1 or (not ignored and done.returncode < 0)
    assert "nothing was changed" in done.stderr or not ignored
    assert folder.files()[0] == text.encode()
    if ignored:
        assert sorted(p.name for p in folder.path.iterdir()) == ["main.cf", "master.cf"]


def test_file_stays_what_it_was(tmp_path, place):
    """Mode, owner, ACL, attributes and a symbolic link."""
    target = Folder(tmp_path / "real", "biff = no\n", "")
    link = tmp_path / "link"
    link.mkdir()
    (link / "main.cf").symlink_to("../real/main.cf")
    (link / "master.cf").write_text("")
    path = target.path / "main.cf"
    path.chmod(0o640)
    if place.root:
        os.chown(path, 1234, 2345)
    # Owner rw, one user r, group none, at most r, others none.
    acl = struct.pack("<I" + "HHI" * 5, 2, 1, 6, NOBODY, 2, 4, 1234, 4, 0, NOBODY, 16, 4, NOBODY, 32, 0, NOBODY)
    try:
        os.setxattr(path, "user.note", b"kept")
        os.setxattr(path, "system.posix_acl_access", acl)
    except OSError:
        pytest.skip("no attributes on this file system")
    assert run([place.sbin / "postconf", "-c", link, "biff=yes"]).returncode == 0
    state = path.stat()
    assert path.read_text() == "biff = yes\n" and (link / "main.cf").is_symlink()
    assert stat.S_IMODE(state.st_mode) == 0o640 and os.getxattr(path, "user.note") == b"kept"
    assert os.getxattr(path, "system.posix_acl_access") == acl
    assert not place.root or (state.st_uid, state.st_gid) == (1234, 2345)


def test_json(tmp_path, place):
    postconf = place.sbin / "postconf"
    folder = Folder(tmp_path / "f", 'relayhost = a "b"  c\nbiff = no\n', "a inet n - n - - smtpd -o { biff = x y } -v\n")

    def ask(*args):
        done = folder.postconf(postconf, *args)
        assert done.returncode == 0 and done.stdout.count("\n") == 1, done.stderr
        return json.loads(done.stdout)

    assert ask("-j", "relayhost", "biff") == [{"name": "relayhost", "value": 'a "b"  c'}, {"name": "biff", "value": "no"}]
    assert {"name": "biff"} in ask("-njH") and {"value": "no"} in ask("-njh")
    assert len(ask("-dj")) > 500
    assert ask("-Mj", "a") == [{"service": "a", "type": "inet", "private": "n", "unprivileged": "-", "chroot": "n", "wakeup": "-",
                                "process_limit": "-", "command": "smtpd -o {biff=x y} -v", "builtin": False}]
    assert ask("-Fj", "a/inet/chroot") == [{"service": "a", "type": "inet", "field": "chroot", "value": "n"}]
    assert ask("-Pj") == [{"service": "a", "type": "inet", "parameter": "biff", "value": "x y"}]


TEMPLATES = """# c

delay_template = <<END
Subject: late
from: me

At $myhostname, $$ until
# ${maximal_queue_lifetime_hours} h
END
failure_template = <<EOF

x
EOF
"""


def test_templates(tmp_path, place):
    postconf = place.sbin / "postconf"
    folder = Folder(tmp_path / "f", "myhostname = h.example\nmaximal_queue_lifetime = 36h\n", "")
    path = folder.path / "bounce.cf"
    path.write_text(TEMPLATES)
    shown = folder.postconf(postconf, "-t", "bounce.cf").stdout
    assert "\nSubject: late\nPostmaster-Subject: Postmaster Warning: Delayed Mail\n\nAt $myhostname, $$ until\n" in shown
    assert shown.startswith("failure_template = <<EOF\nCharset: us-ascii\nFrom: Mail Delivery System <MAILER-DAEMON>\n")
    path.write_text(shown)
    assert folder.postconf(postconf, "-t", "bounce.cf").stdout == shown
    done = folder.postconf(postconf, "-b", "bounce.cf")
    assert done.stdout.startswith("expanded_failure_text = <<EOF\nx\nEOF\n\nexpanded_delay_text = <<EOF\n"
                                  "At h.example, $ until\n# 36 h\nEOF\n\nexpanded_success_text = <<EOF\n")
    builtin = folder.postconf(postconf, "-t", "").stdout
    assert builtin.count("_template = <<EOF\n") == 4 and builtin == folder.postconf(postconf, "-t").stdout
    assert "host h.example." in folder.postconf(postconf, "-b").stdout
    (folder.path / "main.cf").write_text(f"bounce_template_file = {path}\n")
    assert folder.postconf(postconf, "-t").stdout == shown and folder.postconf(postconf, "-t", "").stdout == builtin


@pytest.mark.parametrize("text, status, word", [
    ("junk\n", 1, "line 1: missing '='"),
    ("a_template = <<E\n\nE\n", 0, "line 1: unknown template name"),
    ("delay_template = <<E\nTo: x\n\nE\n", 0, 'line 2: unknown "To" header label in delay template'),
    ("delay_template = <<E\n\nx\n", 0, 'line 1: missing "E" end marker'),
    ("delay_template = <<E\n\n\u00e9\nE\n", 0, "8-bit message text, for which a charset"),
    ("delay_template = <<E\n\n$nosuch\nE\n", 1, "line 1: undefined $name in delay template: nosuch"),
    ("delay_template = <<E\n\n${biff\nE\n", 1, "line 1: bad $name syntax in delay template"),
    ("delay_template = $delay_warning_time_years\n", 1, "line 1: unrecognized suffix \"years\""),
    ("delay_template = $maximal_queue_lifetime_seconds\n", 0, "line 1: excessive result of $maximal_queue_lifetime_seconds")])
def test_bad_templates(tmp_path, place, text, status, word):
    folder = Folder(tmp_path / "f", "", "")
    (folder.path / "bounce.cf").write_text(text)
    done = folder.postconf(place.sbin / "postconf", "-b", "bounce.cf")
    assert done.returncode == status and word in done.stderr and done.stderr.count("\n") == 1, done.stderr


@pytest.mark.parametrize("text", [
    "", TEMPLATES, "failure_template = a = b\n", "  failure_template=<<E F\nabc def: x\n\nx\nE F\n",
    "failure_template = <<E\nsubject : x\nCHARSET:utf-8\n  \n\n \u00e9\n\nE\n", "failure_template = <<E\nFrom:\n\nx\nE\n",
    "failure_template = x\nfailure_template = <<E\n\ny\nE\n"])
def test_templates_beside_postfix(tmp_path, place, postfix, text):
    """The words of the built-in texts are our own; all else is the same."""
    folder = Folder(tmp_path / "f", "myhostname = h.example\nmaximal_queue_lifetime = 36h\n", "")
    (folder.path / "bounce.cf").write_text(text)
    for option in "-t", "-b":
        theirs, ours = (folder.postconf(program, option, "bounce.cf").stdout for program in (postfix, place.sbin / "postconf"))
        own = [re.sub(r"This is the mail system at host [^=]*\n(EOF\n)", r"\1", shown) for shown in (theirs, ours)]
        assert own[0] == own[1]


def test_what_is_built_in(tmp_path, place):
    folder = Folder(tmp_path / "f", "", "")
    ask = lambda *args: folder.postconf(place.sbin / "postconf", *args).stdout.splitlines()  # noqa: E731
    assert ask("-l") == ["flock", "fcntl", "dotlock"]
    assert ask("-a") == ask("-A") == []
    assert "texthash" in ask("-m") and ask("-m") == sorted(ask("-m"))
    assert all(ask("-T", which)[0].startswith("OpenSSL 3") for which in ("compile-version", "run-version"))
    assert "rsa" in ask("-T", "public-key-algorithms")


def test_quiet(tmp_path, place):
    folder = Folder(tmp_path / "f", "biff = no\nbiff = no\nown = $nosuch\n", "")
    assert folder.postconf(place.sbin / "postconf", "-nq").stderr == ""
    assert folder.postconf(place.sbin / "postconf", "-n").stderr.count("warning") >= 3
