# SPDX-License-Identifier: Apache-2.0
"""Real configurations: what Postfix reads in them, we read; "check" has an answer to each."""

import re
import shutil

import pytest

from support import configs
from support.place import must, run

needs_postfix = pytest.mark.skipif(configs.POSTFIX is None, reason="Debian's postfix is not installed")

# Where the two are meant to differ: parameter, and why.
REVIEWED = {
    "maillog_file_permissions": "newer than Debian's Postfix",
    "postscreen_dnsbl_max_ttl": "newer than Debian's Postfix",
    "smtpd_hide_client_session": "newer than Debian's Postfix",
    "smtpd_sasl_application_name": "of Postfix 2.0: forgotten by Debian's Postfix, a name of old for us",
    "proxy_read_maps": "has the default of alias_maps in it, which is Postfix's compiled-in table type",
}
OF_THE_BUILD = ("data_directory", "queue_directory", "command_directory", "daemon_directory", "mail_version")


def test_every_parameter_in_use_appears():
    wanted = set((configs.HOME / "used-parameters").read_text().split())
    assert len(wanted) == 275
    seen = set()
    for name in configs.NAMES:
        for file in ("main.cf", "master.cf"):
            seen.update(configs.settings((configs.HOME / name / file).read_text()))
    assert wanted - seen == set()
    assert len(configs.NAMES) >= 20


def debian(folder, *args):
    # Tables with clients of a database are looked at, and warned about; only the settings count here.
    return must([configs.POSTFIX, "-c", folder, *args])


@pytest.fixture(scope="module")
def ours(place):
    """Our postconf, with the folders and the version of Debian's in place of ours."""
    def value(postconf, name):
        return must([postconf, "-d", "-h", name]).strip()

    postconf = place.sbin / "postconf"
    pairs = [(value(postconf, f), value(configs.POSTFIX, f)) for f in OF_THE_BUILD] if configs.POSTFIX else []

    def show(folder, *args):
        text = must([postconf, "-c", folder, *args])
        for mine, theirs in pairs:
            text = text.replace(mine, theirs)
        # Braces where nothing asks for them are a matter of taste.
        text = re.sub(r"-o \{([^{}\s]*=[^{}\s]*)\}", r"-o \1", text)
        return re.sub(r"^# built in: .*\n", "", text, flags=re.M)

    return show


def by_name(text):
    """Settings by name; continuation lines belong to the one before, and $process_id is another one each time."""
    text = re.sub(r"(/postconf) \d+ ", r"\1 PID ", text)
    return dict(line.split(" =", 1) for line in re.sub(r"\n\s+", " ", text).splitlines())


def differing(mine, theirs):
    return {name: (mine.get(name), theirs.get(name)) for name in mine.keys() | theirs.keys()
            if mine.get(name) != theirs.get(name) and name not in REVIEWED}


def compare(ours, folder):
    # The name of the product is a default that everybody may see in a banner; the rest is compared with it set.
    if "mail_name" not in configs.settings((folder / "main.cf").read_text()):
        with open(folder / "main.cf", "a", encoding="ascii") as f:
            f.write("mail_name = Postfix\n")
    for options in (["-n"], ["-x", "-n"]):
        assert differing(by_name(ours(folder, *options)), by_name(debian(folder, *options))) == {}, options
    assert sorted(ours(folder, "-M").splitlines()) == sorted(debian(folder, "-M").splitlines())


@needs_postfix
@pytest.mark.parametrize("name", configs.NAMES)
def test_read_as_postfix_reads_it(ours, tmp_path, name):
    compare(ours, configs.put(name, tmp_path))


@needs_postfix
def test_debian_stock(ours, tmp_path):
    """The files that Debian's packages ship, as they are installed here."""
    with open(tmp_path / "main.cf", "w", encoding="utf-8") as out:
        for part in ("main.cf.debian", "main.cf.tls"):
            out.write(open(f"/usr/share/postfix/{part}", encoding="utf-8").read())
    shutil.copy("/etc/postfix/master.cf.proto", tmp_path / "master.cf")
    compare(ours, tmp_path)


@needs_postfix
def test_debian_all_settings(ours, tmp_path):
    """Debian's main.cf.dist has a word on everything; with its folders put in, it is one more main.cf."""
    text = open("/usr/share/postfix/main.cf.dist", encoding="utf-8").read()
    (tmp_path / "main.cf").write_text(re.sub(r"=__\w+__|= *__\w+__", "= no", text))
    shutil.copy("/usr/share/postfix/master.cf.dist", tmp_path / "master.cf")
    compare(ours, tmp_path)


@pytest.mark.parametrize("name", configs.NAMES)
def test_check_has_an_answer(place, tmp_path, name):
    folder = configs.put(name, tmp_path)
    with open(folder / "main.cf", "a", encoding="ascii") as f:
        f.write(f"queue_directory = {tmp_path}/spool\ndata_directory = {tmp_path}/data\n"
                f"daemon_directory = {place.libexec}\ncommand_directory = {place.sbin}\n"
                "mail_owner = sallyport\nsetgid_group = postdrop\n")
    done = run([place.sbin / "sallyport", "-c", folder, "check"])
    said = done.stdout + done.stderr
    # 1: it has faults, if only because tables of databases are not there; anything else would be no answer.
    assert done.returncode in (0, 1), said
    assert "panic" not in said
