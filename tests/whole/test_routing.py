# SPDX-License-Identifier: Apache-2.0
"""
The same recipients under the same configuration, here and with an installed Postfix: the same reply to RCPT, and the
same next hop reached.  Where it is not, and is not meant to be, DIFFERENCES says so.  And sallyport explain.
"""

import collections
import email
import email.policy
import json
import random
import smtplib

import pytest

from support import oracle
from support.sink import Sink
from support.suite import wait_for

postfix_is_here = pytest.mark.skipif(not oracle.available(), reason="no Postfix here, or not root")

HOPS = ("default", "local", "virtual", "relay", "a", "b", "c")
RECIPIENTS = 60  # for each configuration
DOMAINS = ["us.example", "mx.us.example", "[127.0.0.1]", "va.example", "vm.example", "relay.example", "sub.relay.example",
           "far.example", "x.far.example", "y.x.far.example", "other.example", "[192.0.2.1]"]
USERS = ["joe", "Ann", "nobody", "ok", "moved", '"q r"']
EXTENSIONS = ["", "", "+e", "+E+f"]
ODD = ["joe%far.example@us.example", "far.example!joe@us.example", '"joe@far.example"@us.example', "joe%us.example@us.example",
       "a%b%far.example@us.example", "joe%far.example@va.example", "joe@1.2.3", "joe@192.0.2.1", "joe@far..example", "joe",
       "postmaster", "nobody", "JOE@US.EXAMPLE", "joe@far.example."]
SENDERS = ["s@s.example", "s+x@s.example", "t@s.example", "u@us.example", "v@t.example", ""]

COMMON = {
    "myhostname": "mx.us.example", "mydomain": "us.example", "myorigin": "us.example", "append_dot_mydomain": "no",
    "mydestination": "us.example, $myhostname, localhost", "recipient_delimiter": "+", "alias_maps": "",
    "relay_domains": "relay.example", "virtual_alias_domains": "va.example", "virtual_mailbox_domains": "vm.example",
    "local_recipient_maps": "inline:{joe=x, ann=x, postmaster=x, root=x}",
    "relay_recipient_maps": "inline:{ok@relay.example=x, @sub.relay.example=x, joe@relay.example=x}",
    "virtual_alias_maps": "inline:{ok@va.example=joe@far.example}",
    "virtual_mailbox_maps": "inline:{joe@vm.example=x, ok@vm.example=x}",
    "smtpd_relay_restrictions": "permit_mynetworks, reject", "smtpd_recipient_restrictions": "",
    "smtpd_hard_error_limit": "1000", "smtpd_soft_error_limit": "1000", "smtpd_error_sleep_time": "0",
    "relayhost": "{default}", "local_transport": "smtp:{local}", "virtual_transport": "smtp:{virtual}",
    "relay_transport": "relay:{relay}", "default_transport": "smtp",
}


def recipient(rng):
    if rng.random() < 0.15:
        return rng.choice(ODD)
    user, extension = rng.choice(USERS), rng.choice(EXTENSIONS)
    local = f'{user[:-1]}{extension}"' if user.startswith('"') else user + extension
    return f"{local}@{rng.choice(DOMAINS)}"


def unquoted(rng):
    return recipient(rng).replace('"q r', "ann").replace('"', "")


def transports(rng):
    values = ["smtp:{a}", ":{b}", "relay:{c}", ":", "error:5.7.1 no mail", "error:closed", "error:", "discard:", "smtp:{b}, {a}"]
    keys = [unquoted(rng) for _ in range(12)] + [rng.choice(["", "."]) + d for d in DOMAINS for _ in range(1)]
    rows = {k.lower(): rng.choice(values) for k in keys}
    if rng.random() < 0.5:
        rows["*"] = "smtp:{c}"
    return rows


def senders(values):
    def rows(rng):
        keys = ["s@s.example", "s+x@s.example", "@s.example", "u", "@t.example", "<>"]
        return {k: rng.choice(values) for k in keys if rng.random() < 0.8}
    return rows


def relocated(rng):
    keys = [unquoted(rng) for _ in range(12)] + ["moved", "joe+e", "@other.example"]
    return {k.lower(): f"new{i}@n.example" for i, k in enumerate(keys)}


RELAYS, SENDER_TRANSPORTS = ["{a}", "{b}", "{c}, {a}", "DUNNO"], ["smtp:{a}", "relay:", "DUNNO", "relay:{b}", "error:5.7.1 not you"]
CONFIGURATIONS = {
    "classes": ({}, {}),
    "codes": ({}, {"unknown_local_recipient_reject_code": "450", "unknown_relay_recipient_reject_code": "551",
                   "unknown_virtual_alias_reject_code": "552", "unknown_virtual_mailbox_reject_code": "553",
                   "show_user_unknown_table_name": "no"}),
    "transports": ({"transport_maps": transports}, {}),
    "parents": ({"transport_maps": transports}, {"parent_domain_matches_subdomains": "transport_maps"}),
    "senders": ({"sender_dependent_relayhost_maps": senders(RELAYS),
                 "sender_dependent_default_transport_maps": senders(SENDER_TRANSPORTS)}, {"relay_transport": "relay"}),
    "unlisted senders": ({"transport_maps": transports, "relocated_maps": relocated}, {"smtpd_reject_unlisted_sender": "yes"}),
    "moved": ({"relocated_maps": relocated, "transport_maps": transports}, {}),
    "old forms": ({}, {"allow_percent_hack": "no", "swap_bangpath": "no", "resolve_dequoted_address": "no"}),
    "numbers": ({}, {"resolve_numeric_domain": "yes"}),
    "strangers": ({"transport_maps": transports}, {
        "smtpd_relay_restrictions": "reject_unauth_destination", "mynetworks": "192.0.2.0/24"}),
}


class Side:
    """One of the two, with next hops of its own."""

    def __init__(self, start, settings, tables, folder):
        self.sinks = {name: Sink() for name in HOPS}
        hops = {name: sink.hop for name, sink in self.sinks.items()}
        settings = {k: self.fill(v, hops) for k, v in {**COMMON, **settings}.items()}
        for parameter, rows in tables.items():
            path = folder / parameter
            path.write_text("".join(f"{k}  {self.fill(v, hops)}\n" for k, v in rows.items()))
            settings[parameter] = f"texthash:{path}"
        self.system = start(settings)

    @staticmethod
    def fill(text, hops):
        for name, hop in hops.items():
            text = text.replace("{%s}" % name, hop)
        return text

    def ask(self, sender, rcpt, number):
        """The reply that decides; a message follows if there is no objection."""
        with smtplib.SMTP("127.0.0.1", self.system.port, local_hostname="client.test", timeout=60) as client:
            client.ehlo()
            for command in (f"MAIL FROM:<{sender}>", f"RCPT TO:<{rcpt}>"):
                code, text = client.docmd(command)
                if code != 250:
                    return f"{code} {text.decode()}".replace('"', "")
            client.docmd("DATA")
            client.send(f"Subject: m{number}\r\n\r\nhi\r\n.\r\n".encode())
            code, text = client.getreply()
            return str(code)

    def reached(self):
        where = collections.defaultdict(list)
        for name, sink in self.sinks.items():
            for m in sink.messages:
                subject = email.message_from_bytes(m.data, policy=email.policy.compat32)["Subject"]
                where[subject].append((name, sorted(m.rcpts)))
        return where

    def idle(self):
        queues = ("incoming", "active", "deferred", "maildrop")
        return not any(p.is_file() for q in queues for p in (self.system.spool / q).rglob("*"))

    def close(self):
        for sink in self.sinks.values():
            sink.close()


def compare(make_suite, settings, tables, questions):
    base = make_suite(start=False).dir / "same"
    base.mkdir(mode=0o755)
    for name in ("ours", "theirs"):
        (base / name).mkdir(mode=0o755)
    sides = [Side(make_suite, settings, tables, base / "ours"),
             Side(lambda s: oracle.Oracle(base / "postfix", s).start(), settings, tables, base / "theirs")]
    try:
        replies = [[side.ask(*question, i) for i, question in enumerate(questions)] for side in sides]
        wait_for(lambda: all(side.idle() for side in sides), 60, 0.5)
        wheres = [side.reached() for side in sides]
        return [[(reply, where[f"m{i}"]) for i, reply in enumerate(rs)] for rs, where in zip(replies, wheres)]
    finally:
        sides[1].system.stop()
        for side in sides:
            side.close()


@postfix_is_here
@pytest.mark.limit(240)
@pytest.mark.parametrize("name", list(CONFIGURATIONS))
def test_like_postfix(make_suite, name):
    makers, settings = CONFIGURATIONS[name]
    rng = random.Random(name)
    tables = {parameter: make(rng) for parameter, make in makers.items()}
    questions = [(rng.choice(SENDERS), recipient(rng)) for _ in range(RECIPIENTS)]
    ours, theirs = compare(make_suite, settings, tables, questions)
    wrong = [f"{q}\n  ours   {o}\n  theirs {t}\n" for q, o, t in zip(questions, ours, theirs) if o != t]
    assert not wrong, f"{len(wrong)} of {len(questions)} differ\n" + "\n".join(wrong[:8]) + f"\n{tables}"


# ---- what is not the same, and why ----

Difference = collections.namedtuple("Difference", "why settings tables rcpt ours theirs")
DIFFERENCES = [
    Difference("a class transport that only returns mail says so; Postfix says the domain",
               {"relay_transport": "error:", "relayhost": ""}, {}, "joe@relay.example",
               "550 5.1.1 <joe@relay.example>: Recipient address rejected: Address is undeliverable",
               "550 5.1.1 <joe@relay.example>: Recipient address rejected: relay.example"),
]


@postfix_is_here
@pytest.mark.parametrize("d", DIFFERENCES, ids=lambda d: d.why.split(";")[0])
def test_differences(make_suite, d):
    ((ours, _),), ((theirs, _),) = compare(make_suite, d.settings, d.tables, [("s@s.example", d.rcpt)])
    assert (ours, theirs) == (d.ours, d.theirs)


# ---- our own ----

def test_routing_maps(make_suite):
    """Rules see sender, recipient and client; a mistake in them is an error at the start."""
    with Sink() as hop, Sink() as other:
        suite = make_suite({"relayhost": other.hop}, start=False)
        rules = suite.dir / "routing"
        rules.write_text(f"sender=ann@s.example client=127.0.0.0/8 recipient=.far.example,far.example  smtp:{hop.hop}\n"
                         f"sender=bob@s.example client=192.0.2.0/24  smtp:{hop.hop}\n")
        rules.chmod(0o644)
        suite.set(routing_maps=f"rules:{rules}")
        suite.start()
        for sender in ("ann@s.example", "bob@s.example"):
            suite.send(sender=sender, to=["x@far.example"])
        suite.send(sender="ann@s.example", to=["x@near.example"])
        suite.wait_empty()
        assert [(m.sender, m.rcpts) for m in hop.messages] == [("ann@s.example", ["x@far.example"])]
        assert len(other.messages) == 2


def test_explain(make_suite):
    suite = make_suite({"relay_domains": "relay.example", "relay_recipient_maps": "inline:{joe@relay.example=x}",
                        "relayhost": "[gw.example]", "append_dot_mydomain": "no"}, start=False)
    table = suite.dir / "transport"
    table.write_text("# comment\nother.example  smtp:[x]\n\nRelay.example  smtp:[inside.example]:2525\n")
    rules = suite.dir / "routing"
    rules.write_text("\nsender=ann@s.example client=192.0.2.0/24\n\trule:\n")
    suite.set(transport_maps=f"texthash:{table}", routing_maps=f"rules:{rules}")

    done = suite.command("sallyport", "explain", "rcpt", "joe@relay.example", "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    known, _, route = told["parts"]
    assert told["recipient"] == "joe@relay.example" and known["known"] is True
    assert {k: route[k] for k in ("class", "transport", "nexthop", "final")} == {
        "class": "relay", "transport": "smtp", "nexthop": "[inside.example]:2525", "final": "joe@relay.example"}
    (step,) = [s for s in route["steps"] if s["what"] == "transport_maps"]
    assert (step["file"], step["line"], step["key"]) == (str(table), 4, "relay.example")
    (step,) = [s for s in route["steps"] if s["what"] == "relay_domains"]
    assert (step["from"], step["to"]) == ("relay.example", "relay") and step["file"] == str(suite.etc / "main.cf")

    done = suite.command("sallyport", "explain", "rcpt", "nobody@relay.example", "--sender", "ann@s.example",
                         "--client=192.0.2.7")
    assert done.returncode == 0, done.stderr
    assert "refused: 550 5.1.1 User unknown in relay recipient table" in done.stdout
    assert f"rules:{rules})  {rules}, line 2\n" in done.stdout and "transport  rule\n" in done.stdout

    aliases = suite.dir / "virtual"
    aliases.write_text("team@relay.example  joe@relay.example,\n\tann@far.example\n")
    suite.set(virtual_alias_maps=f"texthash:{aliases}", canonical_maps="inline:{staff@relay.example=team@relay.example}")
    done = suite.command("sallyport", "explain", "rcpt", "staff@relay.example", "--json")
    assert done.returncode == 0, done.stderr
    known, rewriting, *routes = json.loads(done.stdout)["parts"]
    assert known["known"] is True
    assert [(s["what"], s["from"]) for s in rewriting["steps"]] == [
        ("canonical_maps", "staff@relay.example"), ("virtual_alias_maps", "team@relay.example")]
    assert (rewriting["steps"][1]["file"], rewriting["steps"][1]["line"]) == (str(aliases), 1)
    assert [(r["address"], r["class"]) for r in routes] == [("joe@relay.example", "relay"), ("ann@far.example", "default")]

    done = suite.command("sallyport", "explain", "rcpt", "x@elsewhere.example")
    assert "elsewhere.example -> default\n" in done.stdout, "what no parameter says has no place"

    for wrong in (["rcpt"], ["sender", "a@b.example"], ["rcpt", "a@b.example", "--x"], ["rcpt", "a@b.example", "--sender"]):
        assert suite.command("sallyport", "explain", *wrong).returncode == 64
