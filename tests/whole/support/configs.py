# SPDX-License-Identifier: Apache-2.0
"""
configs - the configurations in tests/whole/configs, as Postfix's own files would be.

    for name in configs.NAMES: ...
    folder = configs.put("dovecot-mysql", tmp_path)

In their files /etc/postfix is the folder's own name, as on the hosts that they could be from.
"""

import pathlib
import re
import shutil

HOME = pathlib.Path(__file__).parent.parent / "configs"
NAMES = sorted(p.parent.name for p in HOME.glob("*/main.cf"))
POSTFIX = shutil.which("postconf", path="/usr/sbin")  # Debian's


def put(name, below, own_name=True):
    """A copy, with its folder's real name in place of /etc/postfix, and with a mailname of its own."""
    to = pathlib.Path(below) / name
    shutil.copytree(HOME / name, to)
    (to / "mailname").write_text("mailname.example.org\n")
    for file in [p for p in to.rglob("*") if p.is_file()]:
        text = file.read_text().replace("/etc/mailname", f"{to}/mailname")
        file.write_text(text.replace("/etc/postfix/", f"{to}/") if own_name else text)
    return to


def settings(text):
    """The names that main.cf sets, in order, and the -o overrides of master.cf alike."""
    return re.findall(r"^([A-Za-z0-9_-]+)\s*=", text, re.M) + re.findall(r"-o\s*\{?\s*([A-Za-z0-9_-]+)\s*=", text)


# Settings that an import does not take over, since they say where Postfix is installed.
LEFT_OUT = {"command_directory", "config_directory", "daemon_directory", "data_directory", "html_directory", "mail_owner",
            "mailq_path", "manpage_directory", "meta_directory", "newaliases_path", "queue_directory", "readme_directory",
            "sample_directory", "sendmail_path", "setgid_group", "shlib_directory"}
