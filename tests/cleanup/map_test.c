/* SPDX-License-Identifier: Apache-2.0 */
/* Tables and copies on the way through cleanup: what lies in the queue file, and what happens when a table fails. */
#include "tests/cleanup/place.h"

#include <stdlib.h>

/* One message, commit and all; recipients of the file as "address (original)notify", sorted as they stand. */
static const char *
sent(struct place *p, const struct cleanup_mail *mail, const char *const *rcpts, const char *text,
    struct cleanup_done *done)
{
	struct ipc *i = place_connect(p);

	place_mail(p, i, mail);
	for (; *rcpts != NULL; rcpts++)
		place_rcpt(i, *rcpts);
	place_content(i, text);
	place_commit(p, i, done);
	place_hang_up(p, &i);
	return done->queue_id;
}

static const char *
recipients(struct place *p, const struct qfile *q)
{
	struct buf b = BUF(100000);
	const char *s;

	for (size_t i = 0; i < qfile_nrcpts(q); i++) {
		struct recipient r = place_recipient(p, q, i);

		buf_fmt(&b, "%s%s(%s)%s", i ? " " : "", r.address, r.original, r.notify);
	}
	s = arena_str(&p->mem, buf_str(&b));
	buf_free(&b);
	return s;
}

static const struct {
	const char *what, *settings[3], *origin, *overrides, *sender, *rcpts[4];
	const char *want_sender, *want;
} cases[] = {
	{ "nothing is set", { NULL }, "network", "", "a@b.example", { "joe@example.com" }, "a@b.example",
	    "joe@example.com(joe@example.com)" },
	{ "aliases and canonical",
	    { "canonical_maps=inline:{a@b.example=A@c.example, x@y.example=al@y.example}",
		"virtual_alias_maps=inline:{{al@y.example=one@o.example, two@o.example}}" },
	    "network", "", "a@b.example", { "x@y.example" }, "A@c.example",
	    "one@o.example(x@y.example) two@o.example(x@y.example)" },
	{ "also of bounces", { "canonical_maps=inline:{x@y.example=z@y.example}" }, "bounce", "", "", { "x@y.example" },
	    "", "z@y.example(x@y.example)" },
	{ "not when the service does not want it",
	    { "canonical_maps=inline:{a@b.example=A@c.example}", "virtual_alias_maps=static:nobody",
		"always_bcc=all@o.example" },
	    "network", "no_milters, no_address_mappings", "a@b.example", { "x@y.example" }, "a@b.example",
	    "x@y.example(x@y.example)" },
	{ "copies, themselves mapped, but not copied",
	    { "sender_bcc_maps=inline:{a@b.example=sc@o.example, sc@o.example=no@o.example}",
		"recipient_bcc_maps=static:rc@o.example", "virtual_alias_maps=inline:{rc@o.example=rcx@o.example}" },
	    "network", "", "a@b.example", { "x@y.example" }, "a@b.example",
	    "x@y.example(x@y.example) rcx@o.example(rc@o.example)NEVER sc@o.example(sc@o.example)NEVER" },
	{ "one copy for all recipients", { "recipient_bcc_maps=static:rc@o.example" }, "local", "", "a@b.example",
	    { "x@y.example", "z@y.example" }, "a@b.example",
	    "x@y.example(x@y.example) z@y.example(z@y.example) rc@o.example(rc@o.example)NEVER" },
	{ "not of mail that is not new", { "recipient_bcc_maps=static:rc@o.example", "always_bcc=all@o.example" },
	    "forward", "", "a@b.example", { "x@y.example" }, "a@b.example", "x@y.example(x@y.example)" },
	{ "copies by the canonical address",
	    { "canonical_maps=inline:{x@y.example=z@y.example}",
		"recipient_bcc_maps=inline:{x@y.example=no@o.example, z@y.example=rc@o.example}" },
	    "network", "", "a@b.example", { "x@y.example" }, "a@b.example",
	    "z@y.example(x@y.example) rc@o.example(rc@o.example)NEVER" },
	{ "always_bcc", { "always_bcc=all@o.example", "virtual_alias_maps=inline:{all@o.example=vault@o.example}" },
	    "network", "", "a@b.example", { "x@y.example" }, "a@b.example",
	    "x@y.example(x@y.example) vault@o.example(all@o.example)NEVER" },
	{ "the same twice is once, and another alias of it twice",
	    { "virtual_alias_maps=inline:{al@y.example=x@y.example}" }, "network", "", "a@b.example",
	    { "x@y.example", "X@y.example", "al@y.example" }, "a@b.example",
	    "x@y.example(x@y.example) x@y.example(al@y.example)" },
	{ "unless nobody wants to know",
	    { "virtual_alias_maps=inline:{al@y.example=x@y.example}", "enable_original_recipient=no" }, "network", "",
	    "a@b.example", { "x@y.example", "al@y.example" }, "a@b.example", "x@y.example()" },
	{ "within one alias", { "virtual_alias_maps=inline:{{al@y.example=x@y.example, X@Y.example, x@y.example}}" },
	    "network", "", "a@b.example", { "al@y.example" }, "a@b.example", "x@y.example(al@y.example)" },
	{ "an alias for nobody", { "virtual_alias_maps=inline:{{al@y.example=<>}}" }, "network", "", "a@b.example",
	    { "al@y.example" }, "a@b.example", "MAILER-DAEMON@example.com(al@y.example)" },
	{ "hosts of senders", { "masquerade_domains=example.com" }, "network", "", "a@host.example.com",
	    { "b@host.example.com" }, "a@example.com", "b@host.example.com(b@host.example.com)" },
};

static void
envelopes(void **state)
{
	(void)state;
	for (size_t i = 0; i < NITEMS(cases); i++) {
		struct cleanup_done done;
		struct place p;
		struct qfile *q;
		const char *got;

		place_open(&p, cases[i].settings);
		sent(&p,
		    &(struct cleanup_mail){
			.sender = cases[i].sender, .origin = cases[i].origin, .overrides = cases[i].overrides },
		    cases[i].rcpts, "Subject: hi\r\n\r\nhi\r\n", &done);
		assert_int_equal(done.code, 250);
		q = place_file(&p, done.queue_id);
		got = recipients(&p, q);
		if (strcmp(got, cases[i].want) != 0 || strcmp(qfile_envelope(q)->sender, cases[i].want_sender) != 0)
			fail_msg("%s: from %s to %s", cases[i].what, qfile_envelope(q)->sender, got);
		qfile_free(&q);
		place_remove(&p, done.queue_id);
		place_close(&p);
	}
}

/* Nobody is told where another recipient, or a copy, has gone. */
static void
received_for_the_one_that_was_asked_for(void **state)
{
	static const char *const settings[3] = { "virtual_alias_maps=inline:{{x@y.example=a@o.example, b@o.example}}",
		"always_bcc=all@o.example" };
	static const char *const one[] = { "x@y.example", NULL }, *const two[] = { "x@y.example", "z@y.example", NULL };
	const struct cleanup_mail mail = { .sender = "a@b.example", .origin = "network", .received_by = "ESMTP" };
	struct cleanup_done done;
	struct place p;
	struct qfile *q;

	(void)state;
	place_open(&p, settings);
	q = place_file(&p, sent(&p, &mail, one, "\r\n", &done));
	assert_non_null(strstr(place_bytes(&p, q, qfile_header(q)), "for <x@y.example>;"));
	qfile_free(&q);
	place_remove(&p, done.queue_id);
	q = place_file(&p, sent(&p, &mail, two, "\r\n", &done));
	assert_null(strstr(place_bytes(&p, q, qfile_header(q)), "for <"));
	qfile_free(&q);
	place_remove(&p, done.queue_id);
	place_close(&p);
}

static const struct {
	const char *what, *settings[3];
	bool rewrite;
	const char *text, *want;
} headers[] = {
	{ "senders and recipients",
	    { "sender_canonical_maps=inline:{j@c.example=S@n.example}",
		"recipient_canonical_maps=inline:{j@c.example=R@n.example}" },
	    true, "From: <j@c.example>\r\nTo: J <j@c.example>,\r\n other@c.example\r\nReply-To: j@c.example\r\n",
	    "From: <S@n.example>\r\nTo: J <R@n.example>,\r\n other@c.example\r\nReply-To: S@n.example\r\n" },
	{ "a stranger's header stays", { "canonical_maps=inline:{j@c.example=S@n.example}" }, false,
	    "From: <j@c.example>\r\nTo: joe\r\n", "From: <j@c.example>\r\nTo: joe\r\n" },
	{ "unless he has a domain",
	    { "canonical_maps=inline:{j@c.example=short}", "remote_header_rewrite_domain=domain.invalid",
		"append_dot_mydomain=yes" },
	    false, "From: <j@c.example>\r\nTo: joe, joe@host\r\n",
	    "From: <short@example.com>\r\nTo: joe@domain.invalid, joe@host.domain.invalid\r\n" },
	{ "hosts", { "masquerade_domains=example.com" }, true,
	    "From: me@host.example.com\r\nTo: you@host.example.com\r\n",
	    "From: me@example.com\r\nTo: you@example.com\r\n" },
	{ "not where the classes do not say so",
	    { "masquerade_domains=example.com", "masquerade_classes=header_sender",
		"canonical_maps=inline:{j@c.example=x@n.example}" },
	    true, "From: me@host.example.com\r\nTo: you@host.example.com\r\n",
	    "From: me@example.com\r\nTo: you@host.example.com\r\n" },
	{ "a nobody stays who he is", { "canonical_maps=inline:{{j@c.example=<>}}" }, true, "From: j@c.example\r\n",
	    "From: j@c.example\r\n" },
};

static void
header_fields(void **state)
{
	static const char *const rcpts[] = { "x@y.example", NULL };

	(void)state;
	for (size_t i = 0; i < NITEMS(headers); i++) {
		struct cleanup_done done;
		const char *got;
		struct place p;
		struct qfile *q;

		place_open(&p, headers[i].settings);
		sent(&p,
		    &(struct cleanup_mail){
			.sender = "a@b.example", .origin = "network", .rewrite = headers[i].rewrite },
		    rcpts, arena_fmt(&p.mem, "%s\r\nhi\r\n", headers[i].text), &done);
		assert_int_equal(done.code, 250);
		q = place_file(&p, done.queue_id);
		got = place_bytes(&p, q, qfile_header(q));
		if (strncmp(got, headers[i].want, strlen(headers[i].want)) != 0)
			fail_msg("%s: %s", headers[i].what, got);
		qfile_free(&q);
		place_remove(&p, done.queue_id);
		place_close(&p);
	}
}

/* Each place where a table is asked: what fails is told as a temporary error, and nothing is left. */
static const struct {
	const char *settings[3], *dsn;
} failures[] = {
	{ { "sender_canonical_maps=proxy:texthash:/x" }, "4.3.0" },
	{ { "recipient_canonical_maps=proxy:texthash:/x" }, "4.3.0" },
	{ { "canonical_maps=proxy:texthash:/x" }, "4.3.0" },
	{ { "canonical_maps=proxy:texthash:/x", "canonical_classes=envelope_recipient" }, "4.3.0" },
	{ { "canonical_maps=proxy:texthash:/x", "canonical_classes=header_sender" }, "4.3.0" },
	{ { "canonical_maps=proxy:texthash:/x", "canonical_classes=header_recipient" }, "4.3.0" },
	{ { "sender_bcc_maps=proxy:texthash:/x" }, "4.3.0" },
	{ { "recipient_bcc_maps=proxy:texthash:/x" }, "4.3.0" },
	{ { "virtual_alias_maps=proxy:texthash:/x" }, "4.3.0" },
	{ { "masquerade_domains=b.example", "masquerade_exceptions=proxy:texthash:/x" }, "4.3.0" },
	{ { "canonical_maps=inline:{x@y.example=x@z.example, x@z.example=x@y.example}" }, "4.6.0" },
	{ { "virtual_alias_maps=inline:{x@y.example=x@z.example, x@z.example=x@y.example}" }, "4.6.0" },
	{ { "canonical_maps=inline:{f@c.example=g@c.example, g@c.example=f@c.example}" }, "4.6.0" },
};

static void
a_table_that_fails(void **state)
{
	static const char *const rcpts[] = { "first@y.example", "x@y.example", NULL };

	(void)state;
	for (size_t i = 0; i < NITEMS(failures); i++) {
		struct cleanup_done done;
		struct place p;

		place_open(&p, failures[i].settings);
		sent(&p, &(struct cleanup_mail){ .sender = "a@a.b.example", .origin = "network", .rewrite = true },
		    rcpts, "From: f@c.example\r\nTo: t@c.example\r\n\r\nhi\r\n", &done);
		if (done.code != 451 || strcmp(done.dsn, failures[i].dsn) != 0)
			fail_msg("%s: %ld %s %s", failures[i].settings[0], done.code, done.dsn, done.text);
		assert_null(strstr(done.text, "texthash"));
		place_close(&p);
	}
}

/* As many as a large list has: one look-up each, and nothing that grows with the square. */
static void
ten_thousand(void **state)
{
	enum { N = 10000 };
	static const char *const rcpts[] = { "all@y.example", NULL };
	const char *settings[3] = { NULL, "virtual_alias_expansion_limit=20000", NULL };
	char name[] = "/tmp/aliases.XXXXXX", *parameter;
	FILE *f = fdopen(mkstemp(name), "w");
	struct cleanup_done done;
	struct place p;

	(void)state;
	assert_non_null(f);
	fputs("all@y.example", f);
	for (int i = 0; i < N; i++)
		fprintf(f, "%s u%d@o.example", i ? "," : "", i);
	assert_int_equal(fclose(f), 0);
	settings[0] = parameter = mem_fmt("virtual_alias_maps=texthash:%s", name);
	place_open(&p, settings);
	sent(&p, &(struct cleanup_mail){ .sender = "a@b.example", .origin = "network" }, rcpts, "\r\nhi\r\n", &done);
	assert_int_equal(done.code, 250);
	assert_int_equal(done.nrcpt, N);
	place_remove(&p, done.queue_id);
	place_close(&p);
	free(parameter);
	unlink(name);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(envelopes),
		cmocka_unit_test(received_for_the_one_that_was_asked_for),
		cmocka_unit_test(header_fields),
		cmocka_unit_test(a_table_that_fails),
		cmocka_unit_test(ten_thousand),
	};

	return cmocka_run_group_tests(tests, settings_start, NULL);
}
