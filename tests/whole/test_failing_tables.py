# SPDX-License-Identifier: Apache-2.0
"""
A table that fails is a temporary error, never "not found": each parameter that has tables, in each program that asks them.

With  PARAMETER = fail:PARAMETER  nobody hears yes or no for good: a client is put off (4xx), mail that is in already
waits, the log names the table, and once the table answers again the mail arrives.
"""

import os
import pathlib
import re
import socket

import pytest

from support.sink import Sink
from support.suite import DOMAIN, message, wait_for

HERE, FAR = "root@" + DOMAIN, "joe@far.test"
MAIL, EHLO = "MAIL FROM:<s@client.test>", "EHLO client.test"


def client(*dialogue, **settings):
    """What a client says: all is taken but the last, which is put off; without anything that is the greeting."""
    return "client", dialogue, settings


def mail_to(to, **settings):
    return client(EHLO, MAIL, f"RCPT TO:<{to}>", **settings)


def local(to, **settings):
    """Mail that sendmail takes, and that waits then."""
    return "local", to, settings


def command(*words, **settings):
    """A command of a user, which is to be tried again."""
    return "command", words, settings


MESSAGE = (EHLO, MAIL, f"RCPT TO:<{HERE}>", "DATA")
ACCESS = "check_client_access fail:{name}"
PROBES = {
    "alias_maps": [mail_to(HERE), local(HERE)],
    "authorized_flush_users": [command("postqueue", "-f")],
    "authorized_mailq_users": [command("postqueue", "-p")],
    "authorized_submit_users": [command("sendmail", HERE)],
    "canonical_maps": [mail_to(f"nobody@{DOMAIN}"), local(FAR)],
    "lmtp_generic_maps": [local(FAR, default_transport="lmtp:inet:{sink}")],
    "local_header_rewrite_clients": [mail_to(HERE, value="check_address_map fail:{name}")],
    "local_recipient_maps": [mail_to(HERE)],
    "masquerade_exceptions": [local(FAR, masquerade_domains="test")],
    "mydestination": [mail_to(HERE), mail_to(FAR, smtpd_relay_restrictions="defer_unauth_destination"), local(FAR)],
    "mynetworks": [mail_to(FAR, smtpd_relay_restrictions="permit_mynetworks, reject", smtpd_forbid_bare_newline_exclusions="")],
    "recipient_bcc_maps": [local(FAR)],
    "recipient_canonical_maps": [mail_to(f"nobody@{DOMAIN}"), local(FAR)],
    "relay_domains": [mail_to(FAR, smtpd_relay_restrictions="permit_auth_destination, reject"), local(FAR)],
    "relay_recipient_maps": [mail_to("joe@relay.test", relay_domains="relay.test")],
    "relocated_maps": [mail_to(FAR), local(FAR)],
    "routing_maps": [mail_to(FAR), local(FAR)],
    "sender_bcc_maps": [local(FAR)],
    "sender_canonical_maps": [local(FAR)],
    "sender_dependent_default_transport_maps": [mail_to(FAR), local(FAR)],
    "sender_dependent_relayhost_maps": [mail_to(FAR), local(FAR)],
    "smtp_generic_maps": [local(FAR)],
    "smtpd_client_restrictions": [mail_to(FAR, value=ACCESS), client(smtpd_delay_reject="no", value=ACCESS)],
    "smtpd_data_restrictions": [client(*MESSAGE, value=ACCESS)],
    "smtpd_discard_ehlo_keyword_address_maps": [client(EHLO)],
    "smtpd_end_of_data_restrictions": [client(*MESSAGE, ".", value=ACCESS)],
    "smtpd_etrn_restrictions": [client(EHLO, "ETRN far.test", value=ACCESS)],
    "smtpd_forbid_bare_newline_exclusions": [client(EHLO, MAIL)],
    "smtpd_forbidden_commands": [client(EHLO, "XYZZY")],
    "smtpd_helo_restrictions": [mail_to(FAR, value="check_helo_access fail:{name}")],
    "smtpd_noop_commands": [client(EHLO)],
    "smtpd_recipient_restrictions": [mail_to(FAR, value="check_recipient_access fail:{name}, permit")],
    "smtpd_relay_restrictions": [mail_to(FAR, value=ACCESS + ", reject")],
    "smtpd_sender_restrictions": [mail_to(FAR, value="check_sender_access fail:{name}")],
    "transport_maps": [mail_to(FAR), local(FAR)],
    "virtual_alias_domains": [mail_to(FAR), local(FAR)],
    "virtual_alias_maps": [mail_to("joe@alias.test", virtual_alias_domains="alias.test"), local(FAR)],
    "virtual_mailbox_domains": [mail_to(FAR), local(FAR)],
    "virtual_mailbox_maps": [mail_to("joe@box.test", virtual_mailbox_domains="box.test")],
}
# Their failure decides nothing; how it is told is in LOGGED.
LOGGED = {"smtpd_log_access_permit_actions"}

# Parameters that the same files read, and that have no tables in them.
OTHERS = set("""
    canonical_classes cleanup_service_name default_transport empty_address_default_transport_maps_lookup_key
    empty_address_relayhost_maps_lookup_key error_service_name inet_interfaces inet_protocols local_transport
    masquerade_classes masquerade_domains myhostname myorigin parent_domain_matches_subdomains pickup_service_name
    propagate_unmatched_extensions proxy_interfaces proxy_read_maps proxy_write_maps proxymap_service_name
    proxywrite_service_name queue_directory
    recipient_canonical_classes recipient_delimiter relay_transport relayhost sender_canonical_classes
    smtpd_discard_ehlo_keywords smtpd_forbid_bare_newline smtpd_restriction_classes verp_delimiter_filter
    virtual_transport""".split())


def read_where_tables_are_opened(source):
    """The parameters of text that work and that a file reads which opens tables."""
    row = re.compile(r'^PARAM(?:_NAMED)?\((?:STR|RAW), (\w+),(?:(?!\nPARAM)[\s\S])*?,\s+WORKS, "[a-z -]+",$', re.M)
    works = set(row.findall((source / "lib/conf/params.def").read_text()))
    opens = re.compile(r"\b(?:table_open|table_list_open|match_list_open|match_list_open_clients|words_open|mapping_open)\(")
    found = set()
    for path in source.rglob("*.c"):
        name = str(path.relative_to(source))
        text = re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.S)
        if not name.startswith(("tests/", "commands/sallyport/")) and opens.search(text):
            found |= works & set(re.findall(r'(?:->|AT\(|")(\w+)', text))
    return found


def test_no_parameter_is_forgotten(place):
    assert set(PROBES) | LOGGED | OTHERS == read_where_tables_are_opened(pathlib.Path(place.source))


@pytest.fixture
def failing(make_suite, sink):
    """failing(name, settings): a suite in which the tables of that parameter fail; suite.mend() ends that."""
    def make(name, settings):
        wrong = settings.pop("value", "fail:{name}").replace("{name}", name)
        suite = make_suite({"relayhost": sink.hop, **{k: v.replace("{sink}", sink.hop) for k, v in settings.items()}}, start=False)
        good = dict(suite.settings)

        def mend():
            suite.settings = good
            suite.write_main()
            suite.start()

        suite.mend = mend
        suite.set(**{name: wrong})
        return suite.start()

    return make


def talk(suite, dialogue):
    """The codes of the replies, from the greeting on."""
    with socket.create_connection(("127.0.0.1", suite.port), timeout=20) as s, s.makefile("rwb") as stream:
        for line in ("", *dialogue):
            if line:
                stream.write(line.encode() + b"\r\n")
                stream.flush()
            reply = stream.readline()
            while reply[3:4] == b"-":
                reply = stream.readline()
            yield int(reply[:3])


def try_client(suite, name, dialogue):
    *before, last = talk(suite, dialogue)
    assert all(200 <= code < 400 for code in before) and 400 <= last < 500, (before, last, suite.log())
    suite.wait_log(rf"warning: .*fail:{name}\b")
    suite.stop()
    assert not suite.queue_files()


def try_local(suite, name, to, sink):
    done = suite.sendmail("-f", "s@client.test", to)
    assert done.returncode == 0, done.stderr
    suite.wait_log(rf"fail:{name}\b")
    suite.stop()
    assert len(suite.queue_files()) == 1 and not sink.messages and not suite.mails(), suite.log()
    assert not re.search("status=(sent|bounced)", suite.log()), suite.log()
    suite.mend()  # nothing was lost either
    assert wait_for(lambda: suite.command("postqueue", "-f") and (sink.messages or suite.mails()), 20, 0.5), suite.log()
    suite.wait_empty()


def try_command(suite, name, words):
    who = {"user": suite.user, "group": suite.user, "extra_groups": []} if suite.place.root else {}
    done = suite.command(*words, input=message(), **who)
    assert done.returncode == os.EX_TEMPFAIL and f"fail:{name}" in done.stderr, (done.returncode, done.stderr)
    suite.stop()
    assert not suite.queue_files()


@pytest.mark.parametrize("name, how, what, settings", [
    pytest.param(name, *probe, id=f"{name}-{probe[0]}{n}") for name, probes in PROBES.items() for n, probe in enumerate(probes)])
def test_it_is_tried_again(failing, sink, name, how, what, settings):
    suite = failing(name, dict(settings))
    if how == "client":
        try_client(suite, name, what)
    elif how == "local":
        try_local(suite, name, what, sink)
    else:
        try_command(suite, name, what)


def test_what_is_only_logged(failing):
    """Rather a line too many in the log than one too few."""
    suite = failing("smtpd_log_access_permit_actions", {"smtpd_recipient_restrictions": "permit"})
    suite.send(message(), to=[HERE])
    suite.wait_log("warning: smtpd_log_access_permit_actions: fail:smtpd_log_access_permit_actions\\b")
    suite.wait_log("permit: RCPT from ")
