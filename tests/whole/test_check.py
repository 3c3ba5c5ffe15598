# SPDX-License-Identifier: Apache-2.0
"""
sallyport check: a good configuration gives no finding, a bad one exactly the finding that it is bad for.

Each case changes one thing of a running suite's configuration, and says which codes must be found, where (the
parameter whose line it is, or the beginning of a line of master.cf), and a word of what is said about it.
"""

import json
import os
import pathlib
import re
import time

import pytest

from support.dns_server import DnsServer
from support.place import must
from support.suite import DOMAIN

NAMES = f"{DOMAIN} A 127.0.0.1\nelsewhere.test A 192.0.2.1\n"
SMTPD = "{port} inet n - n - - smtpd\n"
PUBLIC = "0.0.0.0:2 inet n - n - - smtpd\n"

# name: settings, lines of master.cf, {code: (place, words)}
CASES = {
    # lists of restrictions
    "unknown restriction": ({"smtpd_helo_restrictions": "permit_mynetwork"}, "",
                            {"restriction_unknown": ("smtpd_helo_restrictions", "permit_mynetworks")}),
    "unknown in -o": ({}, SMTPD + "  -o smtpd_client_restrictions=permit_mynetworks,rejekt\n",
                      {"restriction_unknown": ("/{port}", "\"reject\"")}),
    "unknown behind $": ({"mua_lists": "permit_sasl_authenticate,reject"},
                         SMTPD + "  -o smtpd_client_restrictions=$mua_lists\n",
                         {"restriction_unknown": ("mua_lists", "permit_sasl_authenticated")}),
    "no table behind it": ({"smtpd_sender_restrictions": "check_sender_access permit"}, "",
                           {"restriction_argument": ("smtpd_sender_restrictions", "check_sender_access")}),
    "not in this version": ({"smtpd_sender_restrictions": "reject_unverified_sender"}, "",
                            {"restriction_missing": ("smtpd_sender_restrictions", "reject_unverified_sender")}),
    "old name": ({"smtpd_helo_restrictions": "reject_invalid_hostname"}, "",
                 {"restriction_renamed": ("smtpd_helo_restrictions", "reject_invalid_helo_hostname")}),
    "class without a list": ({"smtpd_restriction_classes": "mine"}, "",
                             {"restriction_class": ("smtpd_restriction_classes", "mine")}),
    "class with a mistake": ({"smtpd_restriction_classes": "mine", "mine": "rejekt"}, "",
                             {"restriction_unknown": ("mine", "\"reject\"")}),
    # relaying
    "open": ({"smtpd_relay_restrictions": "permit_mynetworks",
              "smtpd_recipient_restrictions": "permit_mynetworks, permit, reject"}, PUBLIC,
             {"relay_open": ("smtpd_recipient_restrictions", "says permit")}),
    "open to the world": ({"mynetworks": "0.0.0.0/0"}, PUBLIC, {"relay_open": ("mynetworks", "permit_mynetworks")}),
    "open in one service": ({}, PUBLIC + "  -o smtpd_relay_restrictions=\n"
                            "  -o smtpd_recipient_restrictions=check_sender_access,inline:{{suite.test=OK}},reject\n",
                            {"relay_open": ("/0.0.0.0:2", "<postmaster@suite.test>")}),
    "open for this host alone": ({}, SMTPD + "  -o smtpd_relay_restrictions=permit\n"
                                 "  -o smtpd_recipient_restrictions=permit,reject\n", {}),
    "undecided": ({"smtpd_relay_restrictions": "permit_mynetworks", "smtpd_recipient_restrictions": ""}, PUBLIC,
                  {"relay_undecided": ("smtpd_recipient_restrictions", "at least one working instance")}),
    "untrusted routing": ({"allow_untrusted_routing": "yes"}, "",
                          {"routing_trusted": ("allow_untrusted_routing", "stranger")}),
    "a table that knows senders": ({"smtpd_relay_restrictions": "permit_mynetworks, check_sender_access "
                                    "inline:{{suite.test=OK}}, reject_unauth_destination"}, PUBLIC,
                                   {"relay_open": ("smtpd_relay_restrictions", "check_sender_access")}),
    "any relay domain": ({"relay_domains": "static:all", "relay_recipient_maps": "static:all"}, PUBLIC,
                         {"relay_open": ("relay_domains", "name the domains")}),
    # tables
    "a default has it too": ({"virtual_alias_maps": "texthash:/does/not/exist"}, "",
                             {"table_missing": ("virtual_alias_maps", "virtual_alias_maps: ")}),
    "index of aliases": ({"alias_maps": "hash:{dir}/lines"}, "",
                         {"table_missing": ("alias_maps", "postalias hash:"), "table_lines": ("lines:1", "name:value")}),
    "no whole path": ({"transport_maps": "texthash:transport"}, "",
                      {"table_missing": ("transport_maps", "write its whole path")}),
    "blank behind the type": ({"mydestination": f"{DOMAIN} texthash: "}, "",
                              {"table_type": ("mydestination", "right behind the colon")}),
    "no entry": ({"canonical_maps": "texthash:{dir}/lines"}, "", {"table_lines": ("lines:2", "key whitespace value")}),
    "the same key": ({"canonical_maps": "texthash:{dir}/twice"}, "", {"table_lines": ("twice:3", "first one counts")}),
    "no network": ({"smtpd_client_restrictions": "check_client_access cidr:{dir}/cidr"}, "",
                   {"table_lines": ("cidr:2", "bad address pattern")}),
    "no expression": ({"smtpd_sender_restrictions": "check_sender_access pcre:{dir}/pcre"}, "",
                      {"table_lines": ("pcre:1", "closing parenthesis")}),
    "tables in a table": ({"canonical_maps": "unionmap:{texthash:{dir}/transport, texthash:/does/not/exist}"}, "",
                          {"table_missing": ("canonical_maps", "texthash:/does/not/exist: /does")}),
    "rules in main.cf": ({"smtpd_client_restrictions": "check_client_access cidr:{{10.0.0.0/8 reject}}"}, "", {}),
    "misspelt type": ({"transport_maps": "texhash:/x"}, "", {"table_type": ("transport_maps", "texthash")}),
    "type of another version": ({"transport_maps": "ldap:/x"}, "", {"table_type": ("transport_maps", "ldap")}),
    "no type": ({"transport_maps": "/etc/x"}, "", {"table_type": ("transport_maps", "type:name")}),
    "no file": ({"transport_maps": "texthash:/does/not/exist"}, "",
                {"table_missing": ("transport_maps", "/does/not/exist")}),
    "no file in -o": ({}, SMTPD + "  -o smtpd_sender_restrictions=check_sender_access,texthash:/does/not/exist\n",
                      {"table_missing": ("/{port}", "/does/not/exist")}),
    "a folder": ({"transport_maps": "texthash:/etc"}, "", {"table_unusable": ("transport_maps", "directory")}),
    "bad inline": ({"transport_maps": "inline:{ a }"}, "", {"table_unusable": ("transport_maps", "key=value")}),
    "not proxied": ({"transport_maps": "proxy:static:smtp:", "proxy_read_maps": "proxy:unix:passwd.byname"}, "",
                    {"table_not_proxied": ("transport_maps", "proxy_read_maps")}),
    "proxied for everybody": ({"canonical_maps": "proxy:unix:passwd.byname", "proxy_read_maps": "proxy:static:x"}, "", {}),
    "pattern file": ({"relay_domains": "/does/not/exist", "relay_recipient_maps": "static:x"}, "",
                     {"table_missing": ("relay_domains", "/does/not/exist")}),
    "addresses are no tables": ({"mynetworks": "127.0.0.0/8 [::1]/128 [fe80::]/64 [::ffff:127.0.0.0]/104"}, "", {}),
    # services
    "transport": ({"default_transport": "smtpp"}, "", {"service_undefined": ("default_transport", "\"smtp\"")}),
    "transport of a table": ({"transport_maps": "texthash:{dir}/transport"}, "",
                             {"service_undefined": ("transport:2", "amavis")}),
    "content filter": ({}, SMTPD + "  -o content_filter=scan:[127.0.0.1]:10025\n", {"service_undefined": ("/{port}", "scan")}),
    "inline transports": ({"transport_maps": "inline:{{a.test=smtpp:}}"}, "",
                          {"service_undefined": ("transport_maps", "\"smtp\"")}),
    "a filter in an access table": ({"smtpd_sender_restrictions": "check_sender_access inline:{{a.test=FILTER scan:x}}"}, "",
                                    {"service_undefined": ("smtpd_sender_restrictions", "scan")}),
    "virtual without domains": ({"virtual_transport": "nosuch"}, "", {}),
    "virtual with domains": ({"virtual_mailbox_domains": "v.test", "virtual_transport": "nosuch"}, "",
                             {"service_undefined": ("virtual_transport", "nosuch")}),
    "no program": ({}, "policy unix - - n - - policyd\n", {"program_missing": ("/policy", "policyd")}),
    "no agent, unused": ({}, "maildrop unix - - n - - pipe user=x argv=/bin/true\n",
                         {"program_missing_unused": ("/maildrop", "comment the line out")}),
    "no agent, used": ({"default_transport": "maildrop"}, "maildrop unix - - n - - pipe user=x argv=/bin/true\n",
                       {"program_missing": ("/maildrop", "comment the line out")}),
    "not needed": ({}, "scache unix - - n - 1 scache\nanvil unix - - n - 1 anvil\n",
                   {"service_ignored": ("/scache", "keeps its connections")}),
    "defined twice": ({}, "showq unix n - n - - showq\nshowq unix n - n - 1 showq\n",
                      {"service_duplicate": ("/showq", "which counts")}),
    "chroot": ({}, "local unix - n y - - local\n", {"service_chroot": ("/local", "chroot")}),
    "privileged": ({}, "showq unix n n n - - showq\n", {"service_privileged": ("/showq", "fourth column")}),
    "master refuses": ({}, "0.0.0.0:nosuchport inet n - n - - smtpd\n",
                       {"master_refuses": ("/0.0.0.0:nosuchport", "nosuchport")}),
    # settings
    "unknown name": ({"smtpd_bannner": "x"}, "", {"setting_unused": ("smtpd_bannner", "smtpd_banner")}),
    "unknown name in -o": ({}, SMTPD + "  -o smtpd_bannner=x\n", {"setting_unused": ("/{port}", "smtpd_banner")}),
    "twice in -o": ({}, SMTPD + "  -o smtpd_timeout=10s -o smtpd_timeout=20s\n",
                    {"setting_overridden": ("/{port}", "20s, which counts")}),
    "a transport's own": ({"slow_destination_rate_delay": "1s"}, "",
                          {"setting_unused": ("slow_destination_rate_delay", "no service slow")}),
    "of another program": ({}, "relay unix - - n - - smtp\n  -o smtpd_client_restrictions=permit\n",
                           {"setting_unread": ("/relay", "smtpd")}),
    "by way of another": ({}, "relay unix - - n - - smtp\n  -o mail_name=X -o smtp_helo_name=$mail_name\n", {}),
    "nobody sets": ({"smtpd_banner": "$myhostnme ESMTP"}, "", {"setting_undefined": ("smtpd_banner", "\"$myhostname\"")}),
    "nobody sets in -o": ({}, SMTPD + "  -o smtpd_banner=$nothing\n", {"setting_undefined": ("/{port}", "$nothing")}),
    "a comment behind it": ({"smtpd_banner": "$myhostname # name"}, "", {"setting_comment": ("smtpd_banner", "\"# name\"")}),
    "no networks": ({"mynetworks": "127.0.0.0/33"}, "", {"setting_invalid": ("mynetworks", "127.0.0.0/33")}),
    "no networks in -o": ({}, SMTPD + "  -o mynetworks=10.0.0.1/8\n", {"setting_invalid": ("/{port}", "10.0.0.0/8")}),
    "a name in quotes": ({"myhostname": f'"{DOMAIN}"', "mydestination": f'"{DOMAIN}"'}, "",
                         {"setting_invalid": ("myhostname", "character '\"'"), "host_name": ("myhostname", "no address")}),
    "half a relay host": ({"relayhost": "[mail.test"}, "", {"setting_invalid": ("relayhost", "bracket")}),
    "relay host and port": ({"relayhost": "mail.test 587"}, "", {"setting_invalid": ("relayhost", "behind a colon")}),
    "relay hosts": ({"relayhost": "[mail.test]:587, mail.test:smtp, [192.0.2.1]"}, "", {}),
    "mentioned name": ({"mine": "/x", "smtpd_banner": "$myhostname $mine"}, "", {}),
    "old parameter": ({"smtpd_client_connection_limit_exceptions": "static:x"}, "",
                      {"setting_renamed": ("smtpd_client_connection_limit_exceptions", "smtpd_client_event_limit_exceptions")}),
    "no effect": ({"biff": "no"}, "", {"setting_no_effect": ("biff", "comsat")}),
    "not built": ({"smtpd_reject_footer": "call us"}, "", {"setting_not_built": ("smtpd_reject_footer", "filters of")}),
    "not built, and needed": ({}, SMTPD + "  -o smtpd_milters=inet:127.0.0.1:2\n",
                              {"setting_refused": ("/{port}", "does not start")}),
    "for tests": ({"soft_bounce": "yes"}, "", {"setting_for_tests": ("soft_bounce", "returned")}),
    "bad -o": ({}, SMTPD + "  -o smtpd_timeout=never\n", {"setting_invalid": ("/{port}", "smtpd_timeout"),
                                                          "master_refuses": (None, "smtpd_timeout")}),
    "no file of texts": ({"bounce_template_file": "/nonexistent"}, "",
                         {"notification_text": ("bounce_template_file", "open /nonexistent")}),
    # what does not go together
    "back-off": ({"minimal_backoff_time": "1h", "maximal_backoff_time": "10m"}, "",
                 {"values_contradict": ("minimal_backoff_time", "3600s")}),
    "mailbox": ({"message_size_limit": "100000000", "mailbox_size_limit": "51200000"}, "",
                {"values_contradict": ("message_size_limit", "mailbox_size_limit")}),
    "free space": ({"queue_minfree": "10000000"}, "", {"values_contradict": ("queue_minfree", "too small")}),
    "two classes": ({"virtual_alias_domains": "a.test, suite.test", "virtual_alias_maps": "inline:{x@a.test=root}"}, "",
                    {"domain_twice": ("mydestination", "suite.test")}),
    "two classes by a table": ({"virtual_alias_domains": "inline:{suite.test=x}"}, "",
                               {"domain_twice": ("mydestination", "suite")}),
    "not our own": ({"mydestination": "localhost"}, "", {"host_not_final": ("mydestination", "$myhostname")}),
    "null client": ({"mydestination": "", "relayhost": "[mail.test]"}, "", {}),
    "loop by name": ({"relayhost": "[suite.test]"}, "", {"mail_loop": ("relayhost", "itself")}),
    "loop by MX": ({"relayhost": "suite.test"}, "", {"values_contradict": ("relayhost", "brackets")}),
    "loop by address": ({"relayhost": "[127.0.0.1]"}, "", {"mail_loop": ("relayhost", "itself")}),
    "filter on this host": ({"relayhost": "[127.0.0.1]:10025"}, "", {}),
    "class networks": ({"mynetworks": None, "mynetworks_style": "class"}, "",
                       {"networks_wide": ("mynetworks_style", "provider")}),
    "anybody here": ({"local_recipient_maps": ""}, "", {"recipients_unchecked": ("local_recipient_maps", "empty")}),
    # names
    "no such name": ({"myhostname": "unknown.test", "mydestination": "unknown.test"}, "",
                     {"host_name": ("myhostname", "no address in DNS")}),
    "another host's name": ({"myhostname": "elsewhere.test", "mydestination": "elsewhere.test"}, "",
                            {"host_name": ("myhostname", "192.0.2.1")}),
    "behind a router": ({"myhostname": "elsewhere.test", "mydestination": "elsewhere.test", "proxy_interfaces": "192.0.2.1"}, "",
                        {}),
    "no domain": ({"myhostname": "host", "mydestination": "host"}, "", {"host_name": ("myhostname", "no dot")}),
    "foreign interface": ({"inet_interfaces": "192.0.2.77"}, "",
                          {"interface_foreign": ("inet_interfaces", "192.0.2.77")}),
    "foreign bind address": ({"smtp_bind_address": "192.0.2.78"}, "",
                             {"interface_foreign": ("smtp_bind_address", "192.0.2.78")}),
    "foreign listener": ({}, "192.0.2.79:2 inet n - n - - smtpd\n",
                         {"interface_foreign": ("/192.0.2.79:2", "192.0.2.79")}),
}
# What this version says of every setting about TLS, until it has that.
TLS = ("smtpd_tls_cert_file", "smtpd_tls_key_file", "smtpd_tls_chain_files", "smtpd_tls_security_level", "smtpd_tls_CAfile")


class Checked:
    """A running suite whose configuration is changed, looked at and put back."""

    def __init__(self, suite):
        self.suite, self.settings, self.dir = suite, dict(suite.settings), suite.dir

    def findings(self, settings=None, master=""):
        changed = {k: v for k, v in {**self.settings, **(settings or {})}.items() if v is not None}
        self.suite.settings = {k: str(v).replace("{dir}", str(self.dir)) for k, v in changed.items()}
        self.suite.write_main()
        self.suite.write_master(master)
        done = self.suite.command("sallyport", "check", "--json")
        assert done.returncode in (0, 1), done.stderr
        self.status, report = done.returncode, json.loads(done.stdout)
        assert list(report) == ["version", "config_directory", "counts", "findings"]
        assert report["version"] == 1 and report["config_directory"] == str(self.suite.etc)
        for f in report["findings"]:
            assert list(f) == ["severity", "code", "file", "line", "text", "remedy"]
        for severity, n in report["counts"].items():
            assert n == sum(f["severity"] == severity for f in report["findings"])
        assert self.status == (report["counts"]["fatal"] + report["counts"]["error"] > 0)
        return [f for f in report["findings"] if f["code"] != "accounts_single"]

    def line_of(self, place):
        """("main.cf", 3) of a parameter, ("master.cf", 4) of "/name" of a service, ("transport", 2) of "transport:2"."""
        if re.fullmatch(r"[a-z]+:\d+", place):
            return place.split(":")[0], int(place.split(":")[1])
        name = "master.cf" if place[0] == "/" else "main.cf"
        wanted = place[1:].replace("{port}", f"127.0.0.1:{self.suite.port}") if place[0] == "/" else place
        lines = (self.suite.etc / name).read_text().splitlines()
        return name, next(i for i, line in enumerate(lines, 1) if line.split()[0] == wanted)


@pytest.fixture
def checked(make_suite):
    with DnsServer(NAMES) as dns:
        suite = make_suite({"dns_server": dns.address})
        (suite.dir / "transport").write_text("# comment\na.test amavis:[127.0.0.1]\nb.test smtp:[127.0.0.1]\n")
        (suite.dir / "lines").write_text("a@a.test b@a.test\nnothing\n")
        (suite.dir / "twice").write_text("a@a.test b@a.test\n\nA@a.test c@a.test\n")
        (suite.dir / "cidr").write_text("10.0.0.0/8 OK\n300.1.1.1 OK\n")
        (suite.dir / "pcre").write_text("/(/ REJECT\n")
        yield Checked(suite)


def mistakes(checked, found, wanted):
    """What is different from the wanted findings, in words."""
    out = [f"not wanted: {f}" for f in found if f["code"] not in wanted]
    for code, (place, words) in wanted.items():
        fit = [f for f in found if f["code"] == code and words in f["text"] + f["remedy"] and
               (not place or (pathlib.Path(f["file"]).name, f["line"]) == checked.line_of(place))]
        if len(fit) != 1:
            out.append(f"{code} with {words} at {place}: {len(fit)} times in {found}")
    return out


@pytest.mark.limit(180)
def test_each_finding(checked):
    assert checked.findings() == []
    wrong = []
    for name, (settings, master, wanted) in CASES.items():
        wrong += [f"{name}: {m}" for m in mistakes(checked, checked.findings(settings, master), wanted)]
    assert not wrong, "\n".join(wrong)
    assert checked.findings() == []


def certificate(folder, name, host=DOMAIN, end=None):
    """name.pem and name.key; end: as openssl writes times, else far away."""
    key, cert = folder / f"{name}.key", folder / f"{name}.pem"
    must(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj",
          f"/CN={host}", "-addext", f"subjectAltName=DNS:{host}", "-days", "100", "-keyout", key, "-out", cert])
    if end:
        (folder / "ca.cnf").write_text(f"[ca]\ndefault_ca=x\n[x]\ndatabase={folder}/index\nserial={folder}/serial\n"
                                       f"new_certs_dir={folder}\ndefault_md=sha256\npolicy=p\n[p]\ncommonName=supplied\n")
        (folder / "index").write_text("")
        (folder / "serial").write_text("01\n")
        must(["openssl", "req", "-new", "-key", key, "-subj", f"/CN={host}", "-out", folder / "csr"])
        must(["openssl", "ca", "-batch", "-selfsign", "-config", folder / "ca.cnf", "-keyfile", key, "-in", folder / "csr",
              "-startdate", "20200101000000Z", "-enddate", end, "-out", cert, "-notext"])
    key.chmod(0o600)
    return cert, key


def test_certificates(checked):
    folder = checked.dir
    cert, key = certificate(folder, "good")
    other = certificate(folder, "other")[1]
    expired = certificate(folder, "expired", end="20200201000000Z")
    soon = certificate(folder, "soon", end=time.strftime("%Y%m%d%H%M%SZ", time.gmtime(time.time() + 5 * 86400 + 60)))
    elsewhere = certificate(folder, "elsewhere", "www.test")
    both = folder / "both.pem"
    both.write_text(key.read_text() + cert.read_text())
    both.chmod(0o600)
    exposed = folder / "exposed.key"
    exposed.write_text(key.read_text())
    exposed.chmod(0o644)
    pair = {"smtpd_tls_cert_file": cert, "smtpd_tls_key_file": key, "smtpd_tls_security_level": "may"}
    cases = {
        "good": (pair, "", {}),
        "chain": ({"smtpd_tls_chain_files": both, "smtpd_tls_security_level": "may"}, "", {}),
        "missing": ({**pair, "smtpd_tls_cert_file": "/no/cert"}, "", {"certificate_missing": ("smtpd_tls_cert_file", "/no/cert")}),
        "key missing": ({**pair, "smtpd_tls_key_file": "/no/key"}, "", {"certificate_missing": ("smtpd_tls_cert_file", "/no/key")}),
        "mismatch": ({**pair, "smtpd_tls_key_file": other}, "", {"certificate_mismatch": ("smtpd_tls_cert_file", str(other))}),
        "expired": ({**pair, "smtpd_tls_cert_file": expired[0], "smtpd_tls_key_file": expired[1]}, "",
                    {"certificate_expired": ("smtpd_tls_cert_file", "days ago")}),
        "soon": ({**pair, "smtpd_tls_cert_file": soon[0], "smtpd_tls_key_file": soon[1]}, "",
                 {"certificate_expires": ("smtpd_tls_cert_file", "in 5 days")}),
        "elsewhere": ({**pair, "smtpd_tls_cert_file": elsewhere[0], "smtpd_tls_key_file": elsewhere[1]}, "",
                      {"certificate_name": ("smtpd_tls_cert_file", DOMAIN)}),
        "exposed": ({**pair, "smtpd_tls_key_file": exposed}, "", {"key_exposed": ("smtpd_tls_cert_file", "0644")}),
        "no PEM": ({**pair, "smtpd_tls_CAfile": folder / "transport"}, "", {"certificate_unusable": ("smtpd_tls_CAfile", "PEM")}),
        "none": ({"smtpd_tls_security_level": "may"}, "", {"certificate_none": ("smtpd_tls_security_level", "no certificate")}),
        "in -o": (pair, SMTPD + "  -o smtpd_tls_cert_file=/no/cert\n", {"certificate_missing": ("/{port}", "/no/cert")}),
    }
    wrong = []
    for name, (settings, master, wanted) in cases.items():
        found = checked.findings(settings, master)
        found = [f for f in found if not (f["code"] == "setting_not_built" and any(t in f["text"] for t in TLS))]
        wrong += [f"{name}: {m}" for m in mistakes(checked, found, wanted)]
    assert not wrong, "\n".join(wrong)


def test_names_wait_for_the_mail_system(make_suite):
    suite = make_suite()
    suite.stop()
    begin = time.monotonic()
    done = suite.command("sallyport", "check")
    assert done.returncode == 0 and "was not looked up" in done.stdout, done.stdout
    assert done.stderr == "", done.stderr
    assert time.monotonic() - begin < 5


def test_stale_and_missing_indexes(checked):
    source = checked.dir / "access"
    source.write_text("x.test OK\n")
    settings = {"smtpd_client_restrictions": f"check_client_access hash:{source}"}
    found = checked.findings(settings)
    assert [f["code"] for f in found] == ["table_missing"] and found[0]["remedy"] == f"postmap hash:{source}", found
    checked.suite.command("postmap", f"hash:{source}")
    assert checked.findings(settings) == []
    index = source.with_name("access.db")
    os.utime(index, (1, 1))
    found = checked.findings(settings)
    assert [f["code"] for f in found] == ["table_stale"] and found[0]["remedy"] == f"postmap hash:{source}", found
    index.write_bytes(b"x" * 5000)
    assert [f["code"] for f in checked.findings(settings)] == ["table_unusable"]


def test_overridden_lines(checked):
    with open(checked.suite.etc / "main.cf", "a", encoding="ascii") as f:
        f.write("myorigin = a.test\n# comment\nmyorigin = b.test\n")
    done = checked.suite.command("sallyport", "check")
    lines = (checked.suite.etc / "main.cf").read_text().splitlines()
    first, second = (i for i, line in enumerate(lines, 1) if line.startswith("myorigin"))
    assert done.returncode == 0
    assert f"main.cf:{first}: myorigin is set again in line {second}, which counts" in done.stdout, done.stdout


def test_reload_keeps_what_is_better(checked):
    suite = checked.suite
    suite.set(mydestination=f"{DOMAIN} localhost more.test")
    suite.reload()
    pid = suite.master_pid()
    suite.set(mydestination=f"{DOMAIN} localhost", smtpd_helo_restrictions="permit_mynetwork")
    done = suite.command("sallyport", "reload")
    assert done.returncode == 1, done.stderr
    line = next(i for i, text in enumerate((suite.etc / "main.cf").read_text().splitlines(), 1) if "permit_mynetwork" in text)
    assert f"main.cf, line {line}: " in done.stderr and "permit_mynetworks" in done.stderr, done.stderr
    assert "not reloaded" in done.stderr and suite.master_pid() == pid
    done = suite.command("sallyport", "reload", "--force")
    assert done.returncode == 0 and "permit_mynetworks" in done.stderr, done.stderr
    del suite.settings["smtpd_helo_restrictions"]
    suite.set(smtpd_bannner="a warning is no reason")
    suite.reload()


def test_start_shows_errors(make_suite):
    suite = make_suite({"smtpd_helo_restrictions": "permit_mynetwork", "smtpd_bannner": "x"}, start=False)
    done = suite.command("sallyport", "start")
    assert done.returncode == 0, done.stderr
    assert "error: " in done.stderr and "permit_mynetworks" in done.stderr, done.stderr
    assert "warning: " in done.stderr and "smtpd_banner" in done.stderr
    suite.wait_log("there is no restriction")


def test_exposed_configuration(checked):
    main_cf = checked.suite.etc / "main.cf"
    main_cf.chmod(0o666)
    done = checked.suite.command("sallyport", "check", "--json")
    found = [f for f in json.loads(done.stdout)["findings"] if f["severity"] != "note"]
    assert [f["code"] for f in found] == ["file_rights"] and found[0]["file"] == str(main_cf), found
    main_cf.chmod(0o644)


def test_unreadable_configuration(checked):
    (checked.suite.etc / "main.cf").write_text("mydestination = x\n???\n")
    done = checked.suite.command("sallyport", "check", "--json")
    found = json.loads(done.stdout)["findings"]
    assert done.returncode == 78 and len(found) == 1
    assert (found[0]["severity"], found[0]["code"], found[0]["line"]) == ("fatal", "configuration", 2), found
    text = checked.suite.command("sallyport", "check")
    assert text.returncode == 78 and "main.cf:2: " in text.stdout
    checked.suite.write_main()


def test_many_services_take_no_time(checked):
    lines = "".join(f"smtp{i} unix - - n - - smtp\n  -o smtp_helo_name=h{i}.test\n" for i in range(300))
    lines += "".join(f"0.0.0.0:{2000 + i} inet n - n - - smtpd\n  -o smtpd_timeout={i + 9}s\n" for i in range(50))
    table = checked.dir / "transport"
    table.write_text("".join(f"d{i}.test smtp{i % 300}:\n" for i in range(100000)))
    begin = time.monotonic()
    assert checked.findings({"transport_maps": f"texthash:{table}"}, lines) == []
    assert time.monotonic() - begin < 3  # 1 second, on a machine that is not busy


def test_usage(checked):
    assert checked.suite.command("sallyport", "check", "--nonsense").returncode == 64
    assert checked.suite.command("sallyport", "stop", "--json").returncode == 64


def test_the_manual_knows_each_finding(place):
    manual = (place.source / "man/sallyport.1").read_text()
    codes = re.findall(r"^FINDING\((\w+), (\w+),", (place.source / "commands/sallyport/findings.def").read_text(), re.M)
    assert len(codes) > 40
    assert [c for c, _ in codes if not re.search(rf"^\.It {c}$", manual, re.M)] == []


def test_before_the_first_start(make_suite):
    """What start makes is no fault, and said once for a folder and all that is in it; it is one while the mail system runs."""
    suite = make_suite(start=False)
    done = suite.command("sallyport", "check", "--json")
    found = json.loads(done.stdout)["findings"]
    absent = [f["file"] for f in found if f["code"] == "folder_absent"]
    assert absent == [str(suite.data), str(suite.spool)] and done.returncode == 0, found
    suite.start()
    assert "folder_absent" not in suite.command("sallyport", "check", "--json").stdout
    (suite.spool / "corrupt").rmdir()
    done = suite.command("sallyport", "check", "--json")
    found = [f for f in json.loads(done.stdout)["findings"] if f["severity"] == "fatal"]
    assert done.returncode == 1 and [f["code"] for f in found] == ["folder"] and "set-permissions" in found[0]["remedy"], found
    suite.command("sallyport", "set-permissions")
    assert suite.command("sallyport", "check").returncode == 0


def test_services_that_are_not_needed(checked):
    """Each with its reason, also where there are many."""
    names = ("scache", "anvil", "trace", "defer", "flush", "verify", "tlsmgr")
    programs = {"trace": "bounce", "defer": "bounce"}
    checked.findings({}, "".join(f"{n} unix - - n - 1 {programs.get(n, n)}\n" for n in names))
    told = checked.suite.command("sallyport", "check").stdout
    ignored = [line for line in told.splitlines() if " does not run: " in line]
    assert all(any(f"service {n} (" in line for line in ignored) or f"service {n} " not in told for n in names), told
    assert len(ignored) >= 5 and "more: a service" not in told, told
