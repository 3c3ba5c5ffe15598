# SPDX-License-Identifier: Apache-2.0
"""What arrives is what was sent, byte for byte, whatever it is."""

import os
import random

import pytest

from support.suite import DOMAIN, message

LONG = "x" * 998 + "\r\n"
BODIES = {
    "empty": "",
    "one line": "hello\r\n",
    "only line ends": "\r\n\r\n\r\n",
    "dots": ".\r\n..\r\n...\r\n.a\r\n..b\r\n" * 50,
    "a dot last": "text\r\n.\r\n",
    "998 octets": LONG * 20,
    "lines at buffer sizes": "".join("y" * n + "\r\n" for n in (4094, 4095, 4096, 8190, 8191, 8192)),
    "blanks": " \r\n\t\r\n  lead\r\ntrail  \r\n",
    "like a header": "Subject: not one\r\nFrom nobody Mon Jan  1 00:00:00 2024\r\n",
    "like SMTP": "MAIL FROM:<x>\r\nRCPT TO:<y>\r\nDATA\r\nQUIT\r\n",
}


def body_of(raw):
    return raw.split(b"\n\n", 1)[1]


def raw_data(suite, content, to=None, sender="sender@client.test", bdat=0, options=()):
    """Content as it is, by DATA or in BDAT chunks of so many octets; the reply."""
    with suite.smtp() as client:
        client.ehlo()
        client.mail(sender, options)
        for rcpt in to or [suite.address()]:
            assert client.rcpt(rcpt)[0] == 250
        if not bdat:
            return client.data(content)
        reply = (250, b"")
        for i in range(0, len(content), bdat):
            client.send(b"BDAT %d\r\n" % len(content[i:i + bdat]) + content[i:i + bdat])
            reply = client.getreply()
        client.send(b"BDAT 0 LAST\r\n")
        return client.getreply()


@pytest.mark.parametrize("bdat", [0, 1000])
@pytest.mark.parametrize("name", BODIES)
def test_bodies(make_suite, sink, name, bdat):
    """To a Maildir with LF lines, and to a next hop as it is, in one message."""
    suite = make_suite({"relayhost": sink.hop, "smtp_line_length_limit": "0"})
    content = message("bytes", BODIES[name]).encode()
    code, text = raw_data(suite, content, [suite.address(), "x@far.example"], bdat=bdat)
    assert code == 250, text
    assert body_of(suite.wait_mail()) == BODIES[name].replace("\r\n", "\n").encode()
    suite.wait_empty()
    assert sink.messages[0].data.split(b"\r\n\r\n", 1)[1] == BODIES[name].encode()


def test_8bit_and_binary(suite):
    content = message("eight", "").encode() + bytes(b for b in range(1, 256) if b not in (10, 13)) * 3 + b"\r\n"
    assert raw_data(suite, content, options=["BODY=8BITMIME"])[0] == 250
    assert body_of(suite.wait_mail()) == content.split(b"\r\n\r\n", 1)[1].replace(b"\r\n", b"\n")


def test_missing_last_line_end_with_bdat(make_suite, sink):
    suite = make_suite({"relayhost": sink.hop}, )
    content = message("open", "no line end").encode()
    assert raw_data(suite, content, [suite.address(), "x@far.example"], bdat=len(content))[0] == 250
    assert suite.wait_mail().endswith(b"\n\nno line end\n")
    suite.wait_empty()
    assert sink.messages[0].data.endswith(b"\r\n\r\nno line end\r\n")


@pytest.mark.limit(240)
@pytest.mark.parametrize("megabytes", [1, 50])
def test_large(make_suite, sink, megabytes):
    suite = make_suite({"relayhost": sink.hop, "message_size_limit": "100000000"})
    line = bytes(random.Random(1).choices(range(33, 127), k=76)) + b"\r\n"
    content = message("large").encode() + line * (megabytes * 1000000 // len(line))
    assert raw_data(suite, content, [suite.address(), "x@far.example"])[0] == 250
    assert body_of(suite.wait_mail(seconds=100)) == content.split(b"\r\n\r\n", 1)[1].replace(b"\r\n", b"\n")
    suite.wait_empty(100)
    assert sink.messages[0].data.endswith(content[-1000:]) and len(sink.messages[0].data) > len(content)


def test_size_limit(make_suite):
    suite = make_suite({"message_size_limit": "20000"})
    assert raw_data(suite, message("big", LONG * 30).encode())[0] == 552
    with suite.smtp() as client:
        client.ehlo()
        assert client.esmtp_features["size"] == "20000"
        code, text = client.mail("a@client.test", ["SIZE=20001"])
        assert (code, text) == (552, b"5.3.4 Message size exceeds fixed limit")
        assert client.mail("a@client.test", ["SIZE=1000"])[0] == 250
    assert not suite.queue_files()


@pytest.mark.limit(180)
def test_ten_thousand_recipients(make_suite, sink):
    suite = make_suite({"relayhost": sink.hop, "smtpd_recipient_limit": "20000"})
    rcpts = [f"r{i}@far.example" for i in range(10000)]
    with suite.smtp(timeout=120) as client:
        client.ehlo()
        lines = ["MAIL FROM:<sender@client.test>"] + [f"RCPT TO:<{r}>" for r in rcpts] + ["DATA"]
        client.send("".join(line + "\r\n" for line in lines))
        codes = [client.getreply()[0] for _ in lines]
        assert codes == [250] * 10001 + [354]
        client.send(message("many").encode() + b".\r\n")
        assert client.getreply()[0] == 250
    suite.wait_empty(120)
    got = [r for m in sink.messages for r in m.rcpts]
    assert sorted(got) == sorted(rcpts)


def test_headers_kept_as_they_are(make_suite, sink):
    """Folding, odd blanks, order, repeated and strange names: nothing that we need not touch is touched."""
    odd = ("Received: from a\r\n\tby b; date\r\n"
           "X-Folded: one\r\n  two\r\n\tthree\r\n"
           "x-lower:no blank\r\nX-Empty:\r\nX-Twice: 1\r\nX-Twice: 2\r\n"
           "X-8bit: gr\u00fc\u00dfe\r\n")
    suite = make_suite({"relayhost": sink.hop})
    content = (odd + message("odd")).encode()
    assert raw_data(suite, content, ["x@far.example"], options=["BODY=8BITMIME"])[0] == 250
    suite.wait_empty()
    got = sink.messages[0].data
    assert got.endswith(content)
    added = got[:-len(content)]
    assert added.startswith(b"Received: from client.test (unknown [127.0.0.1])\r\n\tby %b (" % DOMAIN.encode())
    assert added.count(b"Received:") == 1 and added.endswith(b"\r\n")


def test_missing_headers_are_added_for_own_clients(make_suite, sink):
    suite = make_suite({"relayhost": sink.hop, "local_header_rewrite_clients": "permit_mynetworks"})
    assert raw_data(suite, b"Subject: bare\r\n\r\nx\r\n", ["x@far.example"])[0] == 250
    suite.wait_empty()
    got = sink.messages[0].data
    for name in (b"\r\nMessage-Id: <", b"\r\nDate: ", b"\r\nFrom: sender@client.test\r\n"):
        assert name.lower() in got.lower()


def test_sendmail_large_binary(suite):
    blob = os.urandom(300000).hex()
    text = "Subject: blob\n\n" + "\n".join(blob[i:i + 70] for i in range(0, len(blob), 70)) + "\n"
    assert suite.sendmail("-i", suite.user, text=text).returncode == 0
    assert suite.wait_mail().endswith(text.split("\n\n", 1)[1].encode())


@pytest.mark.parametrize("size", [65000, 65280, 65400, 65531, 65532, 65533, 65600, 131064, 131070])
def test_sendmail_around_the_size_of_a_pipe(suite, size):
    """What fits is put into a pipe as a whole, the rest is streamed: nothing is lost at the border."""
    head = "From: a@client.test\nSubject: border\n\n"
    text = head + ("".join(f"{n:062}\n" for n in range(size // 63 + 1)))[:size - len(head) - 1] + "\n"
    done = suite.sendmail("-i", "-f", "a@client.test", suite.user, text=text)
    assert done.returncode == 0 and not done.stdout and not done.stderr, done
    assert suite.wait_mail().endswith(text.split("\n\n", 1)[1].encode())
