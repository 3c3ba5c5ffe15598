/* SPDX-License-Identifier: Apache-2.0 */
/* Whole deliveries against servers that play a transcript: what is said, and what becomes of each recipient. */
#include "tests/smtp/fake.h"

#define GREET "S 220 mx.test ESMTP\nC EHLO client.test\n"
#define PLAIN GREET "S 250 mx.test\n"
#define PIPED GREET "S 250-mx.test\nS 250-PIPELINING\nS 250-SIZE 1000\nS 250-8BITMIME\nS 250-DSN\nS 250 SMTPUTF8\n"
#define BYE   "C QUIT\n"

struct wanted {
	long number, code;
	const char *dsn, *text; /* text: contained */
};

static void
no_ehlo(struct conf *cf)
{
	cf->smtp_always_send_ehlo = false;
}

static void
never_ehlo(struct conf *cf)
{
	cf->smtp_never_send_ehlo = true;
}

static void
no_skip(struct conf *cf)
{
	cf->smtp_skip_5xx_greeting = false;
}

static void
no_size(struct conf *cf)
{
	cf->smtp_discard_ehlo_keywords = "size, silent-discard";
}

static void
must_encrypt(struct conf *cf)
{
	cf->smtp_tls_security_level = "encrypt";
}

static void
may_encrypt(struct conf *cf)
{
	cf->smtp_tls_security_level = "may";
	cf->smtp_enforce_tls = true;
}

static void
wait_quit(struct conf *cf)
{
	cf->smtp_skip_quit_response = false;
}

static void
dummy_auth(struct conf *cf)
{
	cf->smtp_send_dummy_mail_auth = true;
}

static const struct scene {
	const char *name;
	bool lmtp;
	void (*change)(struct conf *);
	const char *transcript;
	const char *rcpts; /* apart by blanks */
	struct wanted want[4];
	bool site_down;
	const char *data;   /* what must have arrived; NULL: not looked at */
	const char *logged; /* what the log must have */
	struct deliver_request request;
	struct deliver_rcpt rcpt; /* its NOTIFY and ORCPT */
} scenes[] = {
	{ .name = "a server that can nothing but SMTP",
	    .transcript = PLAIN "C MAIL FROM:<a@b.test>\nS 250 ok\nC RCPT TO:<x@y.test>\nS 250 ok\nC DATA\nS 354 go\n"
				"D\nS 250 2.0.0 Ok: queued as 12345\n" BYE,
	    .rcpts = "x@y.test",
	    .want = { { 0, 250, "2.0.0", "250 2.0.0 Ok: queued as 12345" } },
	    .data = "Subject: x\r\n\r\nhello\r\n",
	    .logged = ", dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as 12345)" },
	{ .name = "a group of commands at once",
	    .transcript = PIPED "C MAIL FROM:<a@b.test> SIZE=21\nC RCPT TO:<x@y.test>\nC RCPT TO:<z@y.test>\nC DATA\n"
				"S 250 ok\nS 250 ok\nS 250 ok\nS 354 go\nD\nS 250 ok\n" BYE,
	    .rcpts = "x@y.test z@y.test",
	    .want = { { 0, 250, "2.0.0", "250 ok" }, { 1, 250, "2.0.0", "250 ok" } } },
	{ .name = "everything that DSN, 8BITMIME and SMTPUTF8 carry",
	    .transcript = PIPED "C MAIL FROM:<a@b.test> SIZE=21 BODY=8BITMIME SMTPUTF8 RET=HDRS ENVID=a+2Bb+20c\n"
				"C RCPT TO:<x@y.test> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;x+3Dy@y.test\nC DATA\n"
				"S 250 ok\nS 250 ok\nS 354 go\nD\nS 250 ok\n" BYE,
	    .rcpts = "x@y.test",
	    .want = { { 0, 250, "2.0.0", "250 ok" } },
	    .request = { .has_8bit = true, .smtputf8 = true, .ret = "HDRS", .envid = "a+b c" },
	    .rcpt = { .notify = "SUCCESS,DELAY", .orcpt = "rfc822;x=y@y.test" } },
	{ .name = "parameters that are no keywords are not passed on",
	    .transcript = PIPED "C MAIL FROM:<a@b.test> SIZE=21\nC RCPT TO:<x@y.test>\nC DATA\n"
				"S 250 ok\nS 250 ok\nS 354 go\nD\nS 250 ok\n" BYE,
	    .rcpts = "x@y.test",
	    .want = { { 0, 250, "2.0.0", "250 ok" } },
	    .request = { .ret = "FULL\r\nRCPT TO:<evil>" },
	    .rcpt = { .notify = "NEVER X", .orcpt = "no type" } },
	{ .name = "BDAT where CHUNKING is offered, after a recipient was accepted",
	    .transcript = GREET "S 250-mx.test\nS 250-PIPELINING\nS 250 CHUNKING\nC MAIL FROM:<a@b.test>\n"
				"C RCPT TO:<x@y.test>\nS 250 ok\nS 250 ok\nC BDAT 21 LAST\nB 21\nS 250 2.6.0 ok\n" BYE,
	    .rcpts = "x@y.test",
	    .want = { { 0, 250, "2.6.0", "250 2.6.0 ok" } },
	    .data = "Subject: x\r\n\r\nhello\r\n" },
	{ .name = "no BDAT when nobody is accepted",
	    .transcript = GREET "S 250-mx.test\nS 250-PIPELINING\nS 250 CHUNKING\nC MAIL FROM:<a@b.test>\n"
				"C RCPT TO:<x@y.test>\nS 250 ok\nS 550 no\n" BYE,
	    .rcpts = "x@y.test",
	    .want = { { 0, 550, "5.0.0", "said: 550 no (in reply to RCPT TO command)" } } },
	{ .name = "each recipient has its own reply",
	    .transcript =
		PIPED "C MAIL *\nC RCPT TO:<a@y.test>\nC RCPT TO:<b@y.test>\nC RCPT TO:<c@y.test>\nC DATA\n"
		      "S 250 ok\nS 550-5.1.1 no such\nS 550 5.1.1 user\nS 250 ok\nS 450 4.2.0 wait\nS 354 go\n"
		      "D\nS 250 ok\n" BYE,
	    .rcpts = "a@y.test b@y.test c@y.test",
	    .want = { { 0, 550, "5.1.1",
			  "host 127.0.0.1[127.0.0.1] said: 550-5.1.1 no such 550 5.1.1 user (in reply to RCPT TO "
			  "command)" },
		{ 1, 250, "2.0.0", "250 ok" },
		{ 2, 450, "4.2.0", "said: 450 4.2.0 wait (in reply to RCPT TO command)" } } },
	{ .name = "nobody accepted, but DATA is: an empty message ends it, and its reply counts for nobody",
	    .transcript = PIPED "C MAIL *\nC RCPT *\nC DATA\nS 250 ok\nS 550 5.1.1 no\nS 354 go\nD\nS 554 none\n" BYE,
	    .rcpts = "x@y.test",
	    .want = { { 0, 550, "5.1.1", "550 5.1.1 no" } },
	    .data = "" },
	{ .name = "nobody accepted, DATA is not either",
	    .transcript = PIPED "C MAIL *\nC RCPT *\nC DATA\nS 250 ok\nS 550 5.1.1 no\nS 503 none\n" BYE,
	    .rcpts = "x@y.test",
	    .want = { { 0, 550, "5.1.1", "550 5.1.1 no" } } },
	{ .name = "552 for a recipient means too many of them",
	    .transcript = PIPED "C MAIL *\nC RCPT *\nC DATA\nS 250 ok\nS 552 too many\nS 503 none\n" BYE,
	    .rcpts = "x@y.test",
	    .want = { { 0, 452, "4.0.0", "552 too many" } } },
	{ .name = "sender refused",
	    .transcript = PLAIN "C MAIL *\nS 550 5.7.1 not you\n" BYE,
	    .rcpts = "x@y.test z@y.test",
	    .want = { { 0, 550, "5.7.1", "said: 550 5.7.1 not you (in reply to MAIL FROM command)" },
		{ 1, 550, "5.7.1", "" } } },
	{ .name = "sender refused in a group: what follows is not listened to",
	    .transcript = PIPED "C MAIL *\nC RCPT *\nC DATA\nS 451 4.7.1 later\nS 503 no\nS 503 no\n" BYE,
	    .rcpts = "x@y.test",
	    .want = { { 0, 451, "4.7.1", "451 4.7.1 later (in reply to MAIL FROM command)" } } },
	{ .name = "DATA refused",
	    .transcript = PLAIN "C MAIL *\nS 250 ok\nC RCPT *\nS 250 ok\nC DATA\nS 451 4.3.0 no room\n" BYE,
	    .rcpts = "x@y.test",
	    .want = { { 0, 451, "4.3.0", "451 4.3.0 no room (in reply to DATA command)" } } },
	{ .name = "DATA answered with nonsense",
	    .transcript = PLAIN "C MAIL *\nS 250 ok\nC RCPT *\nS 250 ok\nC DATA\nS 250 what\n" BYE,
	    .rcpts = "x@y.test",
	    .want = { { 0, 451, "4.5.0", "250 what (in reply to DATA command)" } } },
	{ .name = "the message refused",
	    .transcript = PIPED "C MAIL *\nC RCPT *\nC RCPT *\nC DATA\nS 250 ok\nS 250 ok\nS 550 no\nS 354 go\nD\n"
				"S 554 5.7.1 spam\n" BYE,
	    .rcpts = "x@y.test z@y.test",
	    .want = { { 1, 550, "5.0.0", "550 no" },
		{ 0, 554, "5.7.1", "said: 554 5.7.1 spam (in reply to end of DATA command)" } } },
	{ .name = "connection lost before the greeting",
	    .transcript = "close",
	    .rcpts = "x@y.test",
	    .want = { { 0, 451, "4.4.2",
		"lost connection with 127.0.0.1[127.0.0.1] while receiving the initial server greeting" } },
	    .site_down = true },
	{ .name = "no greeting",
	    .transcript = "wait",
	    .rcpts = "x@y.test",
	    .want = { { 0, 451, "4.4.2",
		"conversation with 127.0.0.1[127.0.0.1] timed out while receiving the initial server greeting" } },
	    .site_down = true },
	{ .name = "a busy server",
	    .transcript = "S 421 4.3.2 busy\n",
	    .rcpts = "x@y.test",
	    .want = { { 0, 421, "4.3.2", "host 127.0.0.1[127.0.0.1] refused to talk to me: 421 4.3.2 busy" } },
	    .site_down = true },
	{ .name = "greeted with 5xx: another host, or later",
	    .transcript = "S 554 5.7.1 go away\n" BYE,
	    .rcpts = "x@y.test",
	    .want = { { 0, 451, "4.7.1", "refused to talk to me: 554 5.7.1 go away" } },
	    .site_down = true },
	{ .name = "greeted with 5xx, taken at its word",
	    .change = no_skip,
	    .transcript = "S 554 5.7.1 go away\n" BYE,
	    .rcpts = "x@y.test",
	    .want = { { 0, 554, "5.7.1", "refused to talk to me: 554 5.7.1 go away" } } },
	{ .name = "not an SMTP server",
	    .transcript = "S HTTP/1.1 400 Bad Request\nwait",
	    .rcpts = "x@y.test",
	    .want = { { 0, 451, "4.5.0",
		"sent no valid reply while receiving the initial server greeting: HTTP/1.1" } },
	    .site_down = true },
	{ .name = "HELO when EHLO is refused",
	    .transcript =
		GREET "S 502 what\nC HELO client.test\nS 250 mx.test\nC MAIL FROM:<a@b.test>\nS 250 ok\nC RCPT *\n"
		      "S 250 ok\nC DATA\nS 354 go\nD\nS 250 ok\n" BYE,
	    .rcpts = "x@y.test",
	    .want = { { 0, 250, "2.0.0", "250 ok" } } },
	{ .name = "EHLO refused for now: no HELO",
	    .transcript = GREET "S 451 4.3.0 wait\n" BYE,
	    .rcpts = "x@y.test",
	    .want = { { 0, 451, "4.3.0", "refused to talk to me: 451 4.3.0 wait" } },
	    .site_down = true },
	{ .name = "neither EHLO nor HELO",
	    .transcript = GREET "S 502 what\nC HELO *\nS 550 5.7.0 no\n" BYE,
	    .rcpts = "x@y.test",
	    .want = { { 0, 550, "5.7.0", "refused to talk to me: 550 5.7.0 no" } } },
	{ .name = "no EHLO to a server that does not say ESMTP",
	    .change = no_ehlo,
	    .transcript = "S 220 mx.test SMTP\nC HELO client.test\nS 250 mx.test\nC MAIL *\nS 550 no\n" BYE,
	    .rcpts = "x@y.test",
	    .want = { { 0, 550, "5.0.0", "550 no" } } },
	{ .name = "never EHLO",
	    .change = never_ehlo,
	    .transcript = "S 220 mx.test ESMTP\nC HELO client.test\nS 250 mx.test\nC MAIL *\nS 550 no\n" BYE,
	    .rcpts = "x@y.test",
	    .want = { { 0, 550, "5.0.0", "550 no" } } },
	{ .name = "larger than the server takes",
	    .transcript = GREET "S 250-mx.test\nS 250 SIZE 20\n" BYE,
	    .rcpts = "x@y.test",
	    .want = { { 0, 552, "5.3.4", "message size 21 exceeds size limit 20 of server 127.0.0.1[127.0.0.1]" } } },
	{ .name = "an offer that is not to be believed",
	    .change = no_size,
	    .transcript = GREET "S 250-mx.test\nS 250 SIZE 20\nC MAIL FROM:<a@b.test>\nS 550 no\n" BYE,
	    .rcpts = "x@y.test",
	    .want = { { 0, 550, "5.0.0", "550 no" } } },
	{ .name = "SMTPUTF8 needed, not offered",
	    .transcript = PLAIN BYE,
	    .rcpts = "x@y.test",
	    .want = { { 0, 550, "5.6.7", "SMTPUTF8 is required, but was not offered by host 127.0.0.1[127.0.0.1]" } },
	    .request = { .smtputf8 = true } },
	{ .name = "one recipient needs SMTPUTF8, the other does not",
	    .transcript =
		PLAIN "C MAIL FROM:<a@b.test>\nS 250 ok\nC RCPT TO:<x@y.test>\nS 250 ok\nC DATA\nS 354 go\nD\n"
		      "S 250 ok\n" BYE,
	    .rcpts = "\xc3\xbc@y.test x@y.test",
	    .want = { { 0, 550, "5.6.7", "SMTPUTF8" }, { 1, 250, "2.0.0", "250 ok" } } },
	{ .name = "SMTPUTF8 offered to an address that needs it",
	    .transcript =
		PIPED "C MAIL FROM:<a@b.test> SIZE=21 SMTPUTF8\nC RCPT TO:<\xc3\xbc@y.test>\nC DATA\nS 250 ok\n"
		      "S 250 ok\nS 354 go\nD\nS 250 ok\n" BYE,
	    .rcpts = "\xc3\xbc@y.test",
	    .want = { { 0, 250, "2.0.0", "250 ok" } } },
	{ .name = "lost within the envelope",
	    .transcript = PLAIN "C MAIL *\nS 250 ok\nC RCPT *\nclose",
	    .rcpts = "x@y.test",
	    .want = { { 0, 451, "4.4.2", "lost connection with 127.0.0.1[127.0.0.1] while sending RCPT TO" } },
	    .site_down = true },
	{ .name = "one refused for good, then lost: the other may be tried again",
	    .transcript = PLAIN "C MAIL *\nS 250 ok\nC RCPT *\nS 550 no\nC RCPT *\nclose",
	    .rcpts = "x@y.test z@y.test",
	    .want = { { 0, 550, "5.0.0", "550 no" }, { 1, 451, "4.4.2", "lost connection" } },
	    .site_down = true },
	{ .name = "lost after the final dot: it may have arrived",
	    .transcript = PLAIN "C MAIL *\nS 250 ok\nC RCPT *\nS 250 ok\nC DATA\nS 354 go\nD\nclose",
	    .rcpts = "x@y.test",
	    .want = { { 0, 451, "4.4.2",
		"lost connection with 127.0.0.1[127.0.0.1] while sending end of data -- message may be sent more than "
		"once" } } },
	{ .name = "no reply to the final dot",
	    .transcript = PLAIN "C MAIL *\nS 250 ok\nC RCPT *\nS 250 ok\nC DATA\nS 354 go\nD\nwait",
	    .rcpts = "x@y.test",
	    .want = { { 0, 451, "4.4.2",
		"conversation with 127.0.0.1[127.0.0.1] timed out while sending end of data" } } },
	{ .name = "421 instead of a reply: no QUIT",
	    .transcript = PLAIN "C MAIL *\nS 421 4.3.2 shutting down\nclose",
	    .rcpts = "x@y.test",
	    .want = { { 0, 421, "4.3.2", "421 4.3.2 shutting down (in reply to MAIL FROM command)" } } },
	{ .name = "control characters in a reply do not reach the log",
	    .transcript = PLAIN "C MAIL *\nX 550 a\tb\\0c\x1b[1m\\r\\n\n" BYE,
	    .rcpts = "x@y.test",
	    .want = { { 0, 550, "5.0.0", "550 a?b?c?[1m" } } },
	{ .name = "the reply to QUIT is waited for when that is wanted",
	    .change = wait_quit,
	    .transcript = PLAIN "C MAIL *\nS 550 no\nC QUIT\nS 221 bye\n",
	    .rcpts = "x@y.test",
	    .want = { { 0, 550, "5.0.0", "550 no" } } },
	{ .name = "AUTH=<> where it is wanted",
	    .change = dummy_auth,
	    .transcript = GREET "S 250-mx.test\nS 250 AUTH PLAIN\nC MAIL FROM:<a@b.test> AUTH=<>\nS 550 no\n" BYE,
	    .rcpts = "x@y.test",
	    .want = { { 0, 550, "5.0.0", "550 no" } } },
	{ .name = "TLS that must be and cannot be: nobody is connected to",
	    .change = must_encrypt,
	    .rcpts = "x@y.test",
	    .want = { { 0, 451, "4.7.4", "smtp_tls_security_level demands TLS, which this version cannot do" } } },
	{ .name = "a message that demands it",
	    .rcpts = "x@y.test",
	    .want = { { 0, 550, "5.7.30", "REQUIRETLS support required" } },
	    .request = { .requiretls = true } },
	{ .name = "TLS that may be",
	    .change = may_encrypt,
	    .transcript = PLAIN "C MAIL *\nS 550 no\n" BYE,
	    .rcpts = "x@y.test",
	    .want = { { 0, 550, "5.0.0", "550 no" } } },
	{ .name = "null sender",
	    .transcript = PLAIN "C MAIL FROM:<>\nS 550 no\n" BYE,
	    .rcpts = "x@y.test",
	    .want = { { 0, 550, "5.0.0", "550 no" } },
	    .request = { .sender = "" } },
	{ .name = "LMTP: a reply for each recipient",
	    .lmtp = true,
	    .transcript =
		"S 220 mx.test LMTP\nC LHLO client.test\nS 250-mx.test\nS 250 PIPELINING\nC MAIL FROM:<a@b.test>\n"
		"C RCPT TO:<a@y.test>\nC RCPT TO:<b@y.test>\nC RCPT TO:<c@y.test>\nC DATA\nS 250 ok\nS 250 ok\n"
		"S 550 5.1.1 no\nS 250 ok\nS 354 go\nD\nS 250 2.0.0 one\nS 452 4.2.2 full\n" BYE,
	    .rcpts = "a@y.test b@y.test c@y.test",
	    .want = { { 1, 550, "5.1.1", "550 5.1.1 no" }, { 0, 250, "2.0.0", "250 2.0.0 one" },
		{ 2, 452, "4.2.2", "452 4.2.2 full (in reply to end of DATA command)" } } },
	{ .name = "LMTP: lost between the replies",
	    .lmtp = true,
	    .transcript =
		"S 220 mx.test LMTP\nC LHLO *\nS 250 mx.test\nC MAIL *\nS 250 ok\nC RCPT *\nS 250 ok\nC RCPT *\n"
		"S 250 ok\nC DATA\nS 354 go\nD\nS 250 one\nclose",
	    .rcpts = "a@y.test b@y.test",
	    .want = { { 0, 250, "2.0.0", "250 one" }, { 1, 451, "4.4.2", "message may be sent more than once" } } },
	{ .name = "LMTP: LHLO refused",
	    .lmtp = true,
	    .transcript = "S 220 mx.test LMTP\nC LHLO *\nS 500 5.5.1 what\n" BYE,
	    .rcpts = "a@y.test",
	    .want = { { 0, 500, "5.5.1", "refused to talk to me: 500 5.5.1 what" } } },
	{ .name = "addresses that would add commands never leave",
	    .transcript = PLAIN "C MAIL *\nS 250 ok\nC RCPT TO:<\"a b\"@y.test>\nS 550 no\n" BYE,
	    .rcpts = "x\r\nDATA@y.test x>@y.test \"a\\ b\"@y.test",
	    .want = { { 0, 550, "5.1.3", "bad recipient address syntax" }, { 1, 550, "5.1.3", "bad recipient" },
		{ 2, 550, "5.0.0", "550 no" } } },
};

/* "\ " in a scene's list is a blank within an address. */
static size_t
split_rcpts(const struct scene *s, struct deliver_rcpt *out, struct arena *mem)
{
	char *copy = arena_str(mem, s->rcpts), *from = copy, *to = copy;
	size_t n = 0;

	out[n++].address = to;
	for (; *from != '\0'; from++) {
		if (*from == ' ') {
			*to++ = '\0';
			out[n++].address = to;
		} else {
			if (from[0] == '\\' && from[1] == ' ')
				from++;
			*to++ = *from;
		}
	}
	*to = '\0';
	for (size_t i = 0; i < n; i++) {
		out[i].number = (long)i;
		out[i].notify = s->rcpt.notify;
		out[i].orcpt = s->rcpt.orcpt;
	}
	return n;
}

static void
play(const struct scene *s)
{
	const char *const transcripts[] = { s->transcript, NULL };
	struct arena mem = ARENA(1 << 16);
	struct deliver_rcpt rcpts[FAKE_RCPTS] = { 0 };
	struct deliver_request r = s->request;
	struct fake_server f;
	struct fake_client c;
	struct fake_result got;
	size_t n = split_rcpts(s, rcpts, &mem);
	int file = fake_message(&r, "Subject: x\r\n", "hello\r\n", 7);

	fake_start(&f, "127.0.0.1", 0, transcripts);
	fake_client(&c, s->lmtp, true);
	if (s->change != NULL)
		s->change(&c.cf);
	fake_client(&c, s->lmtp, false);
	r.queue_id = "4bQ";
	r.transport = "smtp";
	r.nexthop = arena_fmt(&mem, "%s[127.0.0.1]:%d", s->lmtp ? "inet:" : "", f.port);
	if (r.sender == NULL)
		r.sender = "a@b.test";
	buf_clear(&fake_log);
	fake_deliver(&c, &r, file, rcpts, n, &got);
	fake_client_free(&c);
	fake_stop(&f);

	assert_string_equal(f.failure, "");
	for (size_t i = 0; i < n; i++) {
		print_message("    %ld: %ld %s %s\n", got.v[i].number, got.v[i].code, got.v[i].dsn, got.v[i].text);
		assert_int_equal(got.v[i].number, s->want[i].number);
		assert_int_equal(got.v[i].code, s->want[i].code);
		assert_string_equal(got.v[i].dsn, s->want[i].dsn);
		assert_non_null(strstr(got.v[i].text, s->want[i].text));
	}
	assert_int_equal(got.done.site_down, s->site_down);
	if (s->data != NULL)
		assert_string_equal(buf_str(&f.data), s->data);
	if (s->logged != NULL)
		assert_non_null(strstr(buf_str(&fake_log), s->logged));
	buf_free(&f.data);
	arena_free(&got.mem);
	arena_free(&mem);
	close(file);
}

static void
scenes_of_one_server(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(scenes) / sizeof(*scenes); i++) {
		print_message("%s\n", scenes[i].name);
		play(&scenes[i]);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(scenes_of_one_server) };

	log_open("postfix", "smtp", fake_log_sink);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
