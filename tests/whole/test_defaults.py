# SPDX-License-Identifier: Apache-2.0
"""The defaults beside those of a real Postfix, where one is installed (Debian: apt install postfix)."""

import re
import subprocess

import pytest

from support.place import run

THEIRS = "/usr/sbin/postconf"
LEVELS = ["0", "1", "2", "3.5", "3.6", "3.7"]

# What the level decides, in one version or another.
BY_LEVEL = """append_dot_mydomain lmtp_tls_fingerprint_digest mynetworks_style relay_domains respectful_logging
smtp_tls_fingerprint_digest smtpd_relay_before_recipient_restrictions smtpd_relay_restrictions
smtpd_tls_fingerprint_digest smtputf8_enable""".split()


def their_version():
    try:
        done = subprocess.run([THEIRS, "-d", "-h", "mail_name", "mail_version"], capture_output=True, text=True, timeout=20)
    except OSError:
        return None
    name, version = (done.stdout.split() + ["", ""])[:2]
    return version if name == "Postfix" else None


pytestmark = pytest.mark.skipif(their_version() is None, reason="no Postfix is installed to compare with")


def settings(text):
    return {name: value for name, _, value in re.findall(r"^(\S+) =( ?)(.*)$", text, re.M)}


@pytest.fixture
def both(place, tmp_path):
    """both(main_cf, arguments): what their postconf and ours print for the same two files."""

    def ask(main_cf, *args, master_cf=""):
        (tmp_path / "main.cf").write_text(main_cf)
        (tmp_path / "master.cf").write_text(master_cf)
        printed = []
        for program in (THEIRS, place.sbin / "postconf"):
            done = run([program, "-c", tmp_path, *args])
            assert done.returncode == 0, done.stderr
            printed.append(settings(done.stdout))
        return printed

    return ask


def test_same_defaults(place, both):
    """What was changed between their version and the one whose defaults we have is as in the list of that one."""
    differences = set(re.findall(r"^(?:DIFFERENCE|PLACE)\((\w+)", (place.source / "lib/conf/differences.def").read_text(), re.M))
    listed = {}
    for line in (place.source / "tests/lib/conf/postfix-defaults.tsv").read_text().splitlines():
        name, tab, value = line.partition("\t")
        if tab:
            listed[name] = value
    theirs, ours = both("", "-d")
    common = (set(theirs) & set(ours)) - differences
    assert len(common) > 780 and len(differences) < 40
    other = {n: (theirs[n], ours[n]) for n in common if ours[n] not in (theirs[n], listed[n])}
    assert not other
    changed = {n for n in common if ours[n] != theirs[n]}
    assert len(changed) < 60, changed


# Transports of all programs, and one that is none.
MASTER = """\
smtp inet n - n - - smtpd
smtp unix - - n - - smtp
relay unix - - n - - smtp
lmtp unix - - n - - lmtp
local unix - n n - - local
virtual unix - n n - - virtual
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
smtp-amavis unix - - n - 2 smtp -o smtp_data_done_timeout=1200
uucp unix - n n - - pipe flags=Fqhu user=uucp argv=uux -r -n -z -a$sender - $nexthop!rmail ($recipient)
policy unix - n n - 0 spawn user=nobody argv=/usr/bin/policyd
"""
GONE = {"tls_legacy_public_key_fingerprints", "tlsproxy_client_loglevel_parameter"}  # of 3.7, not of 3.12


def test_same_families(both):
    """The parameters of each transport, with the same names and defaults."""
    theirs, ours = both("", "-d", master_cf=MASTER)
    assert set(theirs) - set(ours) <= GONE
    members = {n for n in theirs if re.match("(smtp|relay|lmtp|local|virtual|error|retry|discard|smtp-amavis|uucp|policy)_.*("
                                             "_limit|_delay|_feedback|_cost|_discount|_loan|_slots|_concurrency)$", n)}
    assert len(members) > 100 and "uucp_time_limit" in members and "smtp-amavis_destination_recipient_limit" in members
    assert {n: ours[n] for n in members} == {n: theirs[n] for n in members}


@pytest.mark.parametrize("level", LEVELS)
def test_same_by_level(both, level):
    theirs, ours = both(f"compatibility_level = {level}\n", "-x", *BY_LEVEL)
    assert len(ours) == len(BY_LEVEL) and ours == theirs
