# SPDX-License-Identifier: Apache-2.0
"""The way of a message, from each entrance to each exit."""

import re

from support.suite import DOMAIN, message


def test_smtp_to_maildir(suite):
    suite.send(message("one", "first line\r\n.dots\r\n..more\r\nlast\r\n"))
    got = suite.wait_mail()
    assert b"\r" not in got
    assert got.endswith(b"\n\nfirst line\n.dots\n..more\nlast\n")
    assert got.startswith(b"Return-Path: <sender@client.test>\nX-Original-To: %b\nDelivered-To: %b\nReceived: from client.test"
                          % ((suite.address().encode(),) * 2))
    suite.wait_empty()
    suite.wait_log(r"postfix/local\[\d+\]: \w+: to=<%s>, relay=local, delay=[\d.]+, delays=[\d./]+, dsn=2\.0\.0, "
                   r"status=sent \(delivered to maildir\)" % re.escape(suite.address()))
    suite.wait_log(r"postfix/qmgr\[\d+\]: \w+: removed")


def test_sendmail_to_maildir(suite):
    done = suite.sendmail(suite.user, text="Subject: local\n\nhello\n.\n")
    assert done.returncode == 0, done.stderr
    got = suite.wait_mail()
    assert b"\nSubject: local\n" in got and got.endswith(b"\n\nhello\n")
    assert b"\nMessage-I" in got and b"\nDate: " in got and b"\nFrom: " in got
    suite.wait_log(r"postfix/pickup\[\d+\]: \w+: uid=\d+ from=<")


def test_smtp_to_next_hop(make_suite, sink):
    suite = make_suite({"relayhost": sink.hop})
    suite.send(message("relayed", "a\r\n.\r\n.b\r\n"), to=["x@far.example", "y@far.example"])
    suite.wait_empty()
    assert len(sink.messages) == 1
    got = sink.messages[0]
    assert got.sender == "sender@client.test" and got.rcpts == ["x@far.example", "y@far.example"]
    assert got.data.endswith(b"\r\n\r\na\r\n.\r\n.b\r\n")
    assert got.helo == DOMAIN
    suite.wait_log(r"to=<x@far\.example>, relay=127\.0\.0\.1\[127\.0\.0\.1\]:%d, .*status=sent \(250 2\.0\.0 taken\)" % sink.port)


def test_refused_recipient_bounces(make_suite, make_sink):
    sink = make_sink(replies={"RCPT": "550 5.1.1 <x@far.example>: no such user"})
    suite = make_suite({"relayhost": sink.hop})
    suite.send(message("lost"), sender=suite.address(), to=["x@far.example"])
    got = suite.wait_mail().decode()
    assert "\nSubject: Undelivered Mail Returned to Sender\n" in got
    assert "\nContent-Type: multipart/report; report-type=delivery-status;\n" in got
    assert "\nFinal-Recipient: rfc822; x@far.example\n" in got
    assert "\nStatus: 5.1.1\n" in got
    assert "\nDiagnostic-Code: smtp; 550 5.1.1 <x@far.example>: no such user\n" in got
    assert "\nSubject: lost\n" in got
    assert got.startswith("Return-Path: <>\n")
    suite.wait_log(r": sender non-delivery notification: \w+")
    suite.wait_empty()


def test_bounce_from_a_template(make_suite, make_sink, tmp_path):
    """The texts of a file; and, for one that cannot be used, the built-in one and a warning."""
    sink = make_sink(replies={"RCPT": "550 5.1.1 no such user"})
    texts = tmp_path / "bounce.cf"
    texts.write_text("failure_template = <<END\nCharset: utf-8\nFrom: Post <postman>\nSubject: Zur\u00fcck\n\nx\nEND\n"
                     "failure_template = <<END\nCharset: utf-8\nFrom: Post <postman>\nSubject: Es kommt nicht an\n\n"
                     "Sch\u00f6ne Gr\u00fc\u00dfe von $myhostname, $$ 1\nEND\n")
    suite = make_suite({"relayhost": sink.hop, "bounce_template_file": texts, "myorigin": "origin.test",
                        "masquerade_domains": "origin.test"})
    suite.send(message("lost"), sender=suite.address(), to=["x@far.example"])
    got = suite.wait_mail().decode()
    assert "\nFrom: Post <postman@origin.test>\nSubject: Es kommt nicht an\n" in got
    assert "\nContent-Transfer-Encoding: 8bit\n" in got[:got.index("\n\n")]
    assert (f"\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n"
            f"Sch\u00f6ne Gr\u00fc\u00dfe von {DOMAIN}, $ 1\n\n<x@far.example>: ") in got
    suite.wait_log(r'bounce\.cf, line 4: non-ASCII "Subject" header value in failure template -- ignoring this template')


def test_unknown_user_is_refused_at_rcpt(suite):
    with suite.smtp() as client:
        client.ehlo()
        client.mail("a@client.test")
        code, text = client.rcpt(f"nobody-here@{DOMAIN}")
    assert code == 550
    assert text == (b"5.1.1 <nobody-here@%b>: Recipient address rejected: "
                    b"User unknown in local recipient table") % DOMAIN.encode()


def test_strangers_cannot_relay(make_suite):
    suite = make_suite({"mynetworks": "127.0.0.2"})
    with suite.smtp() as client:
        client.ehlo()
        client.mail("a@client.test")
        code, text = client.rcpt("x@far.example")
    assert (code, text) == (454, b"4.7.1 <x@far.example>: Relay access denied") or \
        (code, text) == (554, b"5.7.1 <x@far.example>: Relay access denied")
    suite.wait_log(r"NOQUEUE: reject: RCPT from unknown\[127\.0\.0\.1\]: .*Relay access denied; from=<a@client\.test> "
                   r"to=<x@far\.example> proto=ESMTP helo=<client\.test>")
