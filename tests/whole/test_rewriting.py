# SPDX-License-Identifier: Apache-2.0
"""
The same addresses and the same tables through an installed Postfix and through us, each to a next hop of its own: what
arrives there, in the envelope and in the header, is the same.  Where it is not, and is not meant to be, DIFFERENCES
says so.
"""

import collections
import email
import email.policy
import random
import smtplib

import pytest

from support import oracle
from support.sink import Sink
from support.suite import wait_for

pytestmark = [pytest.mark.skipif(not oracle.available(), reason="no Postfix here, or not root"), pytest.mark.limit(240)]

MESSAGES, RCPTS, ADDRESSES = 40, 4, 16  # for each configuration
OURS = ["example.com", "local.example", "[127.0.0.1]"]
OTHERS = ["v.example", "w.example", "a.m.example", "b.foo.m.example", "no.m.example", "m.example", "cat.example", "far.example"]
USERS = ["joe", "bob", "Ann", "a.b", "root", "list", "owner-list", "list-request", '"q r"', "x", "postmaster"]
EXTENSIONS = ["", "", "", "+e", "+E+f", "-g", "+"]

Result = collections.namedtuple("Result", "code sender rcpts headers")

COMMON = {
    "myhostname": "mx.example.com", "mydomain": "example.com", "myorigin": "example.com",
    "mydestination": "example.com local.example", "local_recipient_maps": "", "alias_maps": "", "recipient_delimiter": "+",
    "local_header_rewrite_clients": "static:all", "virtual_alias_domains": "", "smtpd_helo_required": "no",
    "smtpd_relay_restrictions": "permit_mynetworks, reject", "smtpd_recipient_restrictions": "",
}


def address(rng, bare=False):
    if bare and rng.random() < 0.2:
        return rng.choice(USERS)
    user, extension = rng.choice(USERS), rng.choice(EXTENSIONS)
    local = f'{user[:-1]}{extension}"' if user.startswith('"') else user + extension
    return f"{local}@{rng.choice(OURS + OTHERS)}"


def key(rng):
    kind = rng.random()
    if kind < 0.15:
        return "@" + rng.choice(OURS + OTHERS)
    if kind < 0.45:
        return rng.choice(USERS)
    return address(rng)


def value(rng, i, several):
    """The i-th entry: what it gives is in no table, or in a later entry, so that there are no circles."""
    out = [rng.choice([f"new{i}@o.example", f"New{i}", f"new{i}+was@w.example", f"Full Name <new{i}@o.example>",
                       f'"new {i}"@o.example', f"@n{i}.example", f"host{i}.example!new"])]
    if several and out[0][0] != "@":
        out += [f"more{i}.{k}@o.example" for k in range(rng.randrange(4))]
    return rng.choice([", ", ","]).join(out)


def table(rng, n, several=False):
    rows, used = [], set()
    for i in range(n):
        k = key(rng)
        if k.lower() in used:
            continue
        used.add(k.lower())
        rows.append((k, value(rng, i, several and not k.startswith("@"))))
    if not several:  # chains
        rows += [(f"new{i}@o.example", f"chained{i}@o.example") for i in range(0, n, 3)]
    return "".join(f"{k}  {v}\n" for k, v in rows)


CONFIGURATIONS = {
    "canonical": ({"sender_canonical_maps": 20, "recipient_canonical_maps": 20, "canonical_maps": 20}, {}),
    "classes": ({"sender_canonical_maps": 20, "recipient_canonical_maps": 20, "canonical_maps": 20}, {
        "sender_canonical_classes": "header_sender", "recipient_canonical_classes": "envelope_recipient",
        "canonical_classes": "envelope_sender, header_recipient"}),
    "masquerade": ({"canonical_maps": 10}, {
        "masquerade_domains": "!no.m.example foo.m.example m.example", "masquerade_exceptions": "root, a.b",
        "masquerade_classes": "envelope_sender, envelope_recipient, header_sender"}),
    "virtual": ({"virtual_alias_maps": -60}, {}),
    "delimiters": ({"virtual_alias_maps": -60, "canonical_maps": 20}, {"recipient_delimiter": "-+"}),
    "no extension": ({"virtual_alias_maps": -60, "canonical_maps": 20}, {"propagate_unmatched_extensions": ""}),
    "copies": ({"sender_bcc_maps": 0, "recipient_bcc_maps": 0, "virtual_alias_maps": -30}, {"always_bcc": "all@o.example"}),
    "no original": ({"virtual_alias_maps": -60}, {"enable_original_recipient": "no"}),
    "remote": ({"canonical_maps": 20}, {
        "local_header_rewrite_clients": "", "remote_header_rewrite_domain": "domain.invalid", "append_dot_mydomain": "yes"}),
    "strangers": ({"canonical_maps": 20, "virtual_alias_maps": -20}, {"local_header_rewrite_clients": ""}),
    "generic": ({"smtp_generic_maps": 40}, {"local_header_rewrite_clients": ""}),
    "generic with extensions": ({"smtp_generic_maps": 40}, {"propagate_unmatched_extensions": "generic"}),
    "no mappings": ({"canonical_maps": 20, "virtual_alias_maps": -20}, {
        "receive_override_options": "no_address_mappings", "always_bcc": "all@o.example"}),
}


def plain_table(rng, n=20):
    """For copies, where an entry is one address and nothing else."""
    rows = {key(rng): f"copy{i}@o.example" for i in range(n)}
    return "".join(f"{k}  {v}\n" for k, v in {k.lower(): (k, v) for k, v in rows.items()}.values())


def message(rng, number):
    def some(n):
        forms = ["{}", "<{}>", "J D <{}>", '"D, J" <{}> (c (d))', "=?utf-8?q?J=C3=B6?= <{}>"]
        return ", ".join(rng.choice(forms).format(address(rng, bare=True)) for _ in range(n))
    fields = [f"Subject: m{number}", f"From: {some(1)}", f"To: {some(ADDRESSES // 2)}", f"Cc: g: {some(3)};, {some(2)}",
              f"Reply-To: {some(1)}", f"Sender: {some(1)}", f"Resent-To: {some(1)}", "X-Other: joe@example.com"]
    return address(rng), [address(rng) for _ in range(RCPTS)], "\r\n".join(fields) + "\r\n\r\nhi\r\n"


def submit(port, sender, rcpts, text):
    """The reply to the end of the message, or to the first command that is refused."""
    with smtplib.SMTP("127.0.0.1", port, local_hostname="client.test", timeout=60) as client:
        client.ehlo()
        for command in [f"MAIL FROM:<{sender}>"] + [f"RCPT TO:<{r}>" for r in rcpts] + ["DATA"]:
            code, _ = client.docmd(command)
            if code not in (250, 354):
                return code
        client.send(text.encode("utf-8", "surrogateescape") + b".\r\n")
        return client.getreply()[0]


FIELDS = ("From", "To", "Cc", "Reply-To", "Sender", "Resent-To", "X-Other")


def arrived(sink, number):
    """All deliveries of one message together."""
    rcpts, senders, headers = [], set(), None
    for m in sink.messages:
        parsed = email.message_from_bytes(m.data, policy=email.policy.compat32)
        if parsed["Subject"] != f"m{number}":
            continue
        rcpts += m.rcpts
        senders.add(m.sender)
        # Postfix folds anew what it changes, and has no blank before a comment there.
        headers = {f: [" ".join(str(h).split()).replace(" (", "(") for h in parsed.get_all(f, [])] for f in FIELDS}
    return senders, sorted(rcpts), headers


class Both:
    """We and Postfix with the same settings; run() gives what each made of the same messages."""

    def __init__(self, make_suite, folder, settings):
        self.sinks = [Sink(), Sink()]
        hops = [s.hop for s in self.sinks]
        all_settings = [dict(COMMON, relayhost=h, local_transport=f"smtp:{h}", **settings) for h in hops]
        self.suite = make_suite(all_settings[0])
        self.postfix = oracle.Oracle(folder, all_settings[1]).start()
        self.ports = [self.suite.port, self.postfix.port]

    def close(self):
        self.postfix.stop()
        for sink in self.sinks:
            sink.close()

    def run(self, messages):
        codes = [[submit(port, *m) for m in messages] for port in self.ports]
        want = [{i for i, code in enumerate(c) if code == 250} for c in codes]

        def all_there():
            return self.idle() and all(arrived(s, i)[0] for s, w in zip(self.sinks, want) for i in w)

        wait_for(all_there, 60, 0.5)
        return [[Result(c, *arrived(s, i)) for i, c in enumerate(cs)] for s, cs in zip(self.sinks, codes)]

    def idle(self):
        queues = ("incoming", "active", "deferred", "maildrop")
        spools = (self.suite.spool, self.postfix.spool)
        return not any(p.is_file() for spool in spools for q in queues for p in (spool / q).rglob("*"))


@pytest.mark.parametrize("name", list(CONFIGURATIONS))
def test_like_postfix(make_suite, tmp_path, name):
    tables, more = CONFIGURATIONS[name]
    rng = random.Random(name)
    tmp_path = make_world_readable(tmp_path, make_suite)
    settings = dict(more)
    for parameter, n in tables.items():
        text = plain_table(rng) if n == 0 else table(rng, abs(n), several=n < 0)
        (tmp_path / parameter).write_text(text)
        settings[parameter] = f"texthash:{tmp_path / parameter}"
    both = Both(make_suite, tmp_path / "postfix", settings)
    try:
        messages = [message(rng, i) for i in range(MESSAGES)]
        ours, theirs = both.run(messages)
        wrong = [f"{messages[i]}\n  ours   {o}\n  theirs {t}\n" for i, (o, t) in enumerate(zip(ours, theirs)) if o != t]
        assert not wrong, f"{len(wrong)} of {len(messages)} differ\n" + "\n".join(wrong[:5]) + both.suite.log()[-2000:]
        assert sum(o.code == 250 for o in ours) >= MESSAGES // 2
    finally:
        both.close()


def make_world_readable(path, make_suite):
    """Not below pytest's own folder, which only its owner may search: beside the suites."""
    base = make_suite(start=False).dir / "same"
    base.mkdir(mode=0o755)
    return base


def test_generic_table_fails(make_suite):
    """A message that cannot be rewritten now stays here, and goes out as it should when the table is back."""
    with Sink() as sink:
        suite = make_suite({"relayhost": sink.hop, "smtp_generic_maps": "proxy:texthash:/nonexistent/generic"})
        suite.send(to=["r@far.example"])
        suite.wait_log(r"status=deferred \(addresses cannot be rewritten now\)")
        assert not sink.messages and len(suite.queue()) == 1
        suite.set(smtp_generic_maps="inline:{ sender@client.test=s@o.example, r@far.example=t@o.example }")
        suite.reload()
        suite.command("postqueue", "-f")
        suite.wait_empty()
        assert (sink.messages[0].sender, sink.messages[0].rcpts) == ("s@o.example", ["t@o.example"])
        suite.wait_log(r"to=<r@far.example>, .* status=sent")


# ---- what is not the same, and why ----

Difference = collections.namedtuple("Difference", "why settings tables sender rcpt fields ours theirs")

DIFFERENCES = [
    Difference("a circle is a temporary error; Postfix says so, too, but accepts the message with one of the addresses",
               {}, {"canonical_maps": "a@x.example b@x.example\nb@x.example a@x.example\n"},
               "a@x.example", "r@y.example", "", (451, None, []), (250, "a@x.example", ["r@y.example"])),
    Difference("an entry that is no address is a temporary error; Postfix makes an address of it",
               {}, {"virtual_alias_maps": "r@y.example a@@b, c@o.example\n"},
               "s@x.example", "r@y.example", "", (451, None, []), (250, "s@x.example", ['"a@"@b', "c@o.example"])),
    Difference("the same user elsewhere, wherever it stands in an entry; Postfix knows it only where it stands alone",
               {}, {"virtual_alias_maps": "r@y.example d@o.example, @moon.example\n"},
               "s@x.example", "r@y.example", "", (250, "s@x.example", ["d@o.example", "r@moon.example"]),
               (250, "s@x.example", ['""@moon.example', "d@o.example"])),
    Difference("a copy is for the first address of an entry, with a warning; Postfix makes one address of the whole",
               {}, {"sender_bcc_maps": "s@x.example a@o.example, b@o.example\n"},
               "s@x.example", "r@y.example", "", (250, "s@x.example", ["a@o.example", "r@y.example"]),
               (250, "s@x.example", ['"a@o.example, b"@o.example', "r@y.example"])),
    Difference("what is no list of addresses stays as it was written; Postfix makes one of it",
               {}, {"canonical_maps": "j@c.example n@n.example\n"}, "s@x.example", "r@y.example",
               "To: a b, j@c.example j@c.example", (250, "To: a b, j@c.example j@c.example"),
               (250, "To: a@example.com, b@example.com, n@n.example, n@n.example")),
    Difference("an address of a header that is mapped to nobody stays; Postfix writes two quotes",
               {}, {"canonical_maps": "j@c.example <>\n"}, "s@x.example", "r@y.example",
               "To: j@c.example", (250, "To: j@c.example"), (250, 'To: ""')),
]


@pytest.mark.parametrize("d", DIFFERENCES, ids=lambda d: d.why.split(";")[0])
def test_differences(make_suite, tmp_path, d):
    tmp_path = make_world_readable(tmp_path, make_suite)
    settings = dict(d.settings)
    for parameter, text in d.tables.items():
        (tmp_path / parameter).write_text(text)
        settings[parameter] = f"texthash:{tmp_path / parameter}"
    both = Both(make_suite, tmp_path / "postfix", settings)
    try:
        text = f"Subject: m0\r\nFrom: f@x.example\r\n{d.fields}{'' if not d.fields else chr(13) + chr(10)}\r\nhi\r\n"
        results = both.run([(d.sender, [d.rcpt], text)])
        for (result,), sink, want in zip(results, both.sinks, (d.ours, d.theirs)):
            if d.fields:
                head = sink.messages[0].data.split(b"\r\n\r\n")[0].decode()
                assert (result.code, want[1] in head.split("\r\n")) == (want[0], True), head
            else:
                assert (result.code, next(iter(result.sender), None), result.rcpts) == want
    finally:
        both.close()
