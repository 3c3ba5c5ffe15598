/* SPDX-License-Identifier: Apache-2.0 */
/* What the tables make of an address: wanted is what Postfix makes of it, but where a comment says otherwise. */
#include "lib/mail/rewrite.h"

#include "lib/base/log.h"
#include "tests/support/test.h"

#include <string.h>

static const char *const base[] = { "compatibility_level=3.6", "myhostname=mx.example.com", "mydomain=example.com",
	"myorigin=example.com", "mydestination=example.com local.example", "inet_interfaces=127.0.0.1",
	"recipient_delimiter=+", "local_recipient_maps=", "alias_maps=" };

struct world {
	const struct conf *cf;
	struct rewriter *r;
	struct arena mem;
	struct verdict why;
};

static const struct conf *
load(const char *const *more)
{
	const char *all[40];
	struct conf_args a = { .dir = "/nonexistent", .overrides = all, .defaults_only = true };
	struct buf err = BUF(1000);
	const struct conf *cf;

	memcpy(all, base, sizeof(base));
	for (a.noverrides = NITEMS(base); more != NULL && *more != NULL; more++)
		all[a.noverrides++] = *more;
	if ((cf = conf_load(&a, &err)) == NULL)
		fail_msg("%s", buf_str(&err));
	return cf;
}

static void
begin(struct world *w, const char *const *more)
{
	struct table_env env;
	struct buf err = BUF(1000);

	*w = (struct world){ .cf = load(more), .mem = ARENA(64 << 20) };
	w->why = (struct verdict)VERDICT(&w->mem);
	/* Nobody answers there: a proxied table fails. */
	env = (struct table_env){ .cf = w->cf, .proxymap = "/nonexistent/proxymap" };
	if (!rewriter_open(&w->r, w->cf, &env, &err))
		fail_msg("%s", buf_str(&err));
}

static void
end(struct world *w)
{
	rewriter_free(&w->r);
	conf_free(&w->cf);
	arena_free(&w->mem);
}

static const struct {
	const char *what, *settings[4], *from, *want; /* "!4.6.0": fails */
	enum rewrite_class class_;
} single[] = {
	{ "nothing is configured", { NULL }, "joe@example.com", "joe@example.com", 0 },
	{ "a whole address", { "canonical_maps=inline:{joe@example.com=joseph@o.example}" }, "joe@example.com",
	    "joseph@o.example", 0 },
	{ "in any case, the result as it is written", { "canonical_maps=inline:{joe@example.com=Joseph@O.example}" },
	    "JOE@Example.com", "Joseph@O.example", 0 },
	{ "a bare name, completed", { "canonical_maps=inline:{bob=Bob.Bobson}" }, "bob@example.com",
	    "Bob.Bobson@example.com", 0 },
	{ "a bare name in mydestination", { "canonical_maps=inline:{bob=b@o.example}" }, "bob@local.example",
	    "b@o.example", 0 },
	{ "a bare name at our address", { "canonical_maps=inline:{bob=b@o.example}" }, "bob@[127.0.0.1]", "b@o.example",
	    0 },
	{ "not at another one", { "canonical_maps=inline:{bob=b@o.example}" }, "bob@[127.0.0.2]", "bob@[127.0.0.2]",
	    0 },
	{ "not in other domains", { "canonical_maps=inline:{bob=b@o.example}" }, "bob@mx.example.com",
	    "bob@mx.example.com", 0 },
	{ "the extension is carried over", { "canonical_maps=inline:{bob=b@o.example}" }, "bob+Ext@example.com",
	    "b+Ext@o.example", 0 },
	{ "behind one that is there", { "canonical_maps=inline:{{bob@x.example=b+was@o.example}}" },
	    "bob+foo@x.example", "b+was+foo@o.example", 0 },
	{ "an empty one, too", { "canonical_maps=inline:{bob@x.example=b@o.example}" }, "bob+@x.example",
	    "b+@o.example", 0 },
	{ "not when it was asked not to be",
	    { "canonical_maps=inline:{bob=b@o.example}", "propagate_unmatched_extensions=virtual" },
	    "bob+Ext@example.com", "b@o.example", 0 },
	{ "with its extension first",
	    { "canonical_maps=inline:{bob@x.example=a@o.example, bob+e@x.example=b@o.example}" }, "bob+e@x.example",
	    "b@o.example", 0 },
	{ "whole address before bare name",
	    { "canonical_maps=inline:{bob+e=a@o.example, bob@example.com=b@o.example}" }, "bob+e@example.com",
	    "b+e@o.example", 0 },
	{ "user+ext before user", { "canonical_maps=inline:{bob+e=a@o.example, bob=b@o.example}" }, "bob+e@example.com",
	    "a@o.example", 0 },
	{ "a whole domain", { "canonical_maps=inline:{@cat.example=one@o.example}" }, "u+v@cat.example",
	    "one@o.example", 0 },
	{ "the same user elsewhere", { "canonical_maps=inline:{@cat.example=@dog.example}" }, "u+v@cat.example",
	    "u+v@dog.example", 0 },
	{ "as the key has the user",
	    { "canonical_maps=inline:{joe@cat.example=@dog.example}", "propagate_unmatched_extensions=" },
	    "joe+v@cat.example", "joe@dog.example", 0 },
	{ "or with the extension", { "canonical_maps=inline:{joe@cat.example=@dog.example}" }, "joe+v@cat.example",
	    "joe+v@dog.example", 0 },
	{ "not the domains below", { "canonical_maps=inline:{@cat.example=@dog.example}" }, "u@a.cat.example",
	    "u@a.cat.example", 0 },
	{ "over and over", { "canonical_maps=inline:{a@x.example=b@x.example, b@x.example=c@x.example}" },
	    "a@x.example", "c@x.example", 0 },
	{ "until nothing changes", { "canonical_maps=inline:{a@x.example=A@X.example}" }, "a@x.example", "A@X.example",
	    0 },
	/* Postfix accepts the message, with a warning that says that it does not. */
	{ "a circle", { "canonical_maps=inline:{a@x.example=b@x.example, b@x.example=a@x.example}" }, "a@x.example",
	    "!4.6.0", 0 },
	{ "growth without end", { "canonical_maps=inline:{a@x.example=a+x@x.example}" }, "a@x.example", "!4.6.0", 0 },
	{ "the first of several", { "canonical_maps=inline:{{a@x.example=b@o.example, c@o.example}}" }, "a@x.example",
	    "b@o.example", 0 },
	{ "a name goes", { "canonical_maps=inline:{{a@x.example=Full Name <b@o.example> (c)}}" }, "a@x.example",
	    "b@o.example", 0 },
	{ "the null address", { "canonical_maps=inline:{{a@x.example=<>}}" }, "a@x.example", "", 0 },
	{ "the null address has no entry", { "canonical_maps=static:b@o.example" }, "", "", 0 },
	{ "quotes", { "canonical_maps=inline:{{\"a b\"@x.example=c@o.example}}" }, "\"a b\"@x.example", "c@o.example",
	    0 },
	{ "or none", { "canonical_maps=inline:{{a b@x.example=c@o.example}}" }, "\"a b\"@x.example", "c@o.example", 0 },
	{ "quotes of the result", { "canonical_maps=inline:{{a@x.example=\"odd one\"}}" }, "a+e@x.example",
	    "\"odd one+e\"@example.com", 0 },
	{ "old forms of the result", { "canonical_maps=inline:{a@x.example=host.example!user}" }, "a@x.example",
	    "user@host.example", 0 },
	{ "no address at all", { "canonical_maps=inline:{{a@x.example=,}}" }, "a@x.example", "!4.3.0", 0 },
	{ "no address", { "canonical_maps=inline:{{a@x.example=b@@c}}" }, "a@x.example", "!4.3.0", 0 },
	{ "no line break gets in", { "canonical_maps=inline:{{a@x.example=\"b\nc\"@o.example}}" }, "a@x.example",
	    "bc@o.example", 0 },
	{ "a table that fails", { "canonical_maps=proxy:texthash:/x" }, "a@x.example", "!4.3.0", 0 },
	{ "also after one that does not have it", { "canonical_maps=inline:{b@x.example=c} proxy:texthash:/x" },
	    "a@x.example", "!4.3.0", 0 },
	{ "also where only the destinations fail",
	    { "canonical_maps=inline:{b@x.example=c}", "mydestination=proxy:texthash:/x" }, "a@x.example", "!4.3.0",
	    0 },
	{ "the sender's table first",
	    { "sender_canonical_maps=inline:{a@x.example=b@x.example}",
		"canonical_maps=inline:{b@x.example=c@x.example}" },
	    "a@x.example", "c@x.example", REWRITE_ENVELOPE_SENDER },
	{ "and only for senders", { "sender_canonical_maps=inline:{a@x.example=b@x.example}" }, "a@x.example",
	    "a@x.example", REWRITE_ENVELOPE_RECIPIENT },
	{ "also in headers", { "sender_canonical_maps=inline:{a@x.example=b@x.example}" }, "a@x.example", "b@x.example",
	    REWRITE_HEADER_SENDER },
	{ "recipients", { "recipient_canonical_maps=inline:{a@x.example=b@x.example}" }, "a@x.example", "b@x.example",
	    REWRITE_HEADER_RECIPIENT },
	{ "classes", { "canonical_maps=inline:{a@x.example=b@x.example}", "canonical_classes=header_sender" },
	    "a@x.example", "a@x.example", REWRITE_ENVELOPE_SENDER },
	{ "classes that fit", { "canonical_maps=inline:{a@x.example=b@x.example}", "canonical_classes=header_sender" },
	    "a@x.example", "b@x.example", REWRITE_HEADER_SENDER },
	{ "a host goes", { "masquerade_domains=m.example" }, "u@a.M.Example", "u@m.example", 0 },
	{ "several hosts go", { "masquerade_domains=m.example" }, "u@a.b.m.example", "u@m.example", 0 },
	{ "not half a name", { "masquerade_domains=m.example" }, "u@am.example", "u@am.example", 0 },
	{ "the first that fits", { "masquerade_domains=foo.m.example m.example" }, "u@a.foo.m.example",
	    "u@foo.m.example", 0 },
	{ "also when it is the domain itself", { "masquerade_domains=foo.m.example m.example" }, "u@foo.m.example",
	    "u@foo.m.example", 0 },
	{ "one that stays", { "masquerade_domains=!no.m.example m.example" }, "u@a.no.m.example", "u@a.no.m.example",
	    0 },
	{ "users that stay", { "masquerade_domains=m.example", "masquerade_exceptions=root" }, "Root@a.m.example",
	    "Root@a.m.example", 0 },
	{ "not with an extension", { "masquerade_domains=m.example", "masquerade_exceptions=root" },
	    "root+x@a.m.example", "root+x@m.example", 0 },
	{ "names with dots are names", { "masquerade_domains=m.example", "masquerade_exceptions=.doe" },
	    "jo.doe@a.m.example", "jo.doe@m.example", 0 },
	{ "exceptions that fail", { "masquerade_domains=m.example", "masquerade_exceptions=proxy:texthash:/x" },
	    "u@a.m.example", "!4.3.0", 0 },
	{ "recipients of the envelope stay", { "masquerade_domains=m.example" }, "u@a.m.example", "u@a.m.example",
	    REWRITE_ENVELOPE_RECIPIENT },
	{ "after the tables", { "masquerade_domains=m.example", "canonical_maps=inline:{u@x.example=v@a.m.example}" },
	    "u@x.example", "v@m.example", 0 },
	{ "a literal", { "masquerade_domains=m.example" }, "u@[127.0.0.1]", "u@[127.0.0.1]", 0 },
};

static void
one_becomes_one(void **state)
{
	(void)state;
	for (size_t i = 0; i < NITEMS(single); i++) {
		const char *out = "?", *got;
		struct world w;

		begin(&w, single[i].settings);
		got = rewrite_address(w.r, single[i].class_, single[i].from, NULL, &w.mem, &out, &w.why) == FATE_OK
		    ? out
		    : arena_fmt(&w.mem, "!%s", w.why.dsn);
		if (strcmp(got, single[i].want) != 0)
			fail_msg("%s: %s gives %s (%s), not %s", single[i].what, single[i].from, got, w.why.text,
			    single[i].want);
		end(&w);
	}
}

#define TREE                                                                                                                      \
	"virtual_alias_maps=inline:{{two@v.example=a@o.example, b@o.example}, {ident@v.example=ident@v.example, c@o.example},"    \
	"va@v.example=vb@v.example, {vb@v.example=z@o.example, va@v.example}, one@v.example=joe@o.example,"                       \
	"{mult@v.example=one@v.example, two@v.example}, {blank@v.example=a@o.example b@o.example},"                               \
	"{@star.example=@moon.example, d@o.example}, {group@v.example=list: a@o.example, b@o.example;},"                          \
	"{short@v.example=shorty, shorty@host}, l1@v.example=l2@v.example, l2@v.example=l3@v.example, l3@v.example=l4@v.example," \
	"{four@v.example=a@o.example, b@o.example, c@o.example, d@o.example}, {bad@v.example=a@o.example, b@@c},"                 \
	"{dia@v.example=dia1@v.example, dia2@v.example}, dia1@v.example=dl@o.example, dia2@v.example=dl@o.example,"               \
	"{void@v.example=<>}, incl@v.example=:include:/etc/x, long@v.example=aaaaaaaaaaaaaaaaaaaaaaaaa@o.example}"

static const struct {
	const char *settings[4], *from, *want;
} aliases[] = {
	{ { NULL }, "joe@example.com", "joe@example.com" },
	{ { TREE }, "nobody@v.example", "nobody@v.example" },
	{ { TREE }, "one@v.example", "joe@o.example" },
	{ { TREE }, "two@v.example", "a@o.example b@o.example" },
	{ { TREE }, "two+foo@v.example", "a+foo@o.example b+foo@o.example" },
	{ { TREE, "propagate_unmatched_extensions=canonical" }, "two+foo@v.example", "a@o.example b@o.example" },
	{ { TREE }, "ident@v.example", "ident@v.example c@o.example" },
	{ { TREE }, "ident+foo@v.example", "ident+foo@v.example c+foo@o.example" },
	{ { TREE }, "va@v.example", "!4.6.0" },
	{ { TREE }, "mult@v.example", "joe@o.example a@o.example b@o.example" },
	{ { TREE }, "blank@v.example", "a@o.example b@o.example" },
	{ { TREE }, "u+v@star.example", "u+v@moon.example d@o.example" },
	{ { TREE }, "group@v.example", "a@o.example b@o.example" },
	{ { TREE }, "short+e@v.example", "shorty+e@example.com shorty+e@host" },
	{ { TREE }, "dia@v.example", "dl@o.example dl@o.example" },
	{ { TREE }, "void@v.example", "" },
	/* Postfix makes addresses of these. */
	{ { TREE }, "bad@v.example", "!4.3.0" },
	{ { TREE }, "incl@v.example", "!4.3.0" },
	{ { TREE, "virtual_alias_recursion_limit=3" }, "l1@v.example", "!4.6.0" },
	{ { TREE, "virtual_alias_recursion_limit=3" }, "l2@v.example", "l4@v.example" },
	{ { TREE, "virtual_alias_expansion_limit=3" }, "four@v.example", "!4.6.0" },
	{ { TREE, "virtual_alias_expansion_limit=4" }, "four@v.example",
	    "a@o.example b@o.example c@o.example d@o.example" },
	{ { TREE, "virtual_alias_address_length_limit=30" }, "long@v.example", "!4.6.0" },
	{ { TREE, "virtual_alias_address_length_limit=40" }, "long@v.example", "aaaaaaaaaaaaaaaaaaaaaaaaa@o.example" },
	{ { "virtual_alias_maps=inline:{{a@x.example=a+x@x.example}}" }, "a@x.example", "!4.6.0" },
	{ { "virtual_alias_maps=inline:{{joe@d.example=t@o.example}, {joe-x@d.example=tx@o.example}}",
	      "recipient_delimiter=-+" },
	    "joe-y+z@d.example", "t-y+z@o.example" },
	{ { "virtual_alias_maps=inline:{{joe@d.example=t@o.example}, {joe-x@d.example=tx@o.example}}",
	      "recipient_delimiter=-+" },
	    "joe-x@d.example", "tx@o.example" },
	{ { "virtual_alias_maps=inline:{b@x.example=c} proxy:texthash:/x" }, "a@x.example", "!4.3.0" },
	{ { "virtual_alias_maps=inline:{a@x.example=b@x.example} proxy:texthash:/x" }, "a@x.example", "!4.3.0" },
};

static void
one_becomes_many(void **state)
{
	(void)state;
	for (size_t i = 0; i < NITEMS(aliases); i++) {
		struct buf got = BUF(10000);
		const char **list;
		struct world w;
		size_t n;

		begin(&w, aliases[i].settings);
		if (rewrite_aliases(w.r, aliases[i].from, NULL, &w.mem, &list, &n, &w.why) != FATE_OK)
			buf_fmt(&got, "!%s", w.why.dsn);
		else
			for (size_t k = 0; k < n; k++)
				buf_fmt(&got, "%s%s", k ? " " : "", list[k]);
		if (strcmp(buf_str(&got), aliases[i].want) != 0)
			fail_msg("%s: %s (%s), not %s", aliases[i].from, buf_str(&got), w.why.text, aliases[i].want);
		buf_free(&got);
		end(&w);
	}
}

static void
copies(void **state)
{
	static const char *const settings[] = { "sender_bcc_maps=inline:{s@x.example=copy@o.example, bob=short}",
		"recipient_bcc_maps=inline:{{r@x.example=one@o.example, two@o.example}, bob=@vault.example}", NULL };
	static const char *const broken[] = { "sender_bcc_maps=proxy:texthash:/x",
		"recipient_bcc_maps=proxy:texthash:/x", NULL };
	const char *out;
	struct world w;

	(void)state;
	begin(&w, settings);
	assert_int_equal(rewrite_sender_copy(w.r, "s@x.example", NULL, &w.mem, &out, &w.why), FATE_OK);
	assert_string_equal(out, "copy@o.example");
	assert_int_equal(rewrite_sender_copy(w.r, "bob+x@example.com", NULL, &w.mem, &out, &w.why), FATE_OK);
	assert_string_equal(out, "short@example.com");
	assert_int_equal(rewrite_sender_copy(w.r, "other@x.example", NULL, &w.mem, &out, &w.why), FATE_OK);
	assert_null(out);
	assert_int_equal(rewrite_sender_copy(w.r, "", NULL, &w.mem, &out, &w.why), FATE_OK);
	assert_null(out);
	assert_int_equal(rewrite_recipient_copy(w.r, "r@x.example", NULL, &w.mem, &out, &w.why), FATE_OK);
	assert_string_equal(out, "one@o.example");
	assert_int_equal(rewrite_recipient_copy(w.r, "bob+x@example.com", NULL, &w.mem, &out, &w.why), FATE_OK);
	assert_string_equal(out, "bob@vault.example");
	end(&w);

	begin(&w, broken);
	assert_int_equal(rewrite_sender_copy(w.r, "s@x.example", NULL, &w.mem, &out, &w.why), FATE_LATER);
	assert_int_equal(rewrite_recipient_copy(w.r, "s@x.example", NULL, &w.mem, &out, &w.why), FATE_LATER);
	end(&w);
}

static void
what_cannot_be_opened(void **state)
{
	static const char *const wrong[] = { "canonical_maps=nonsense:/x", "virtual_alias_maps=texthash:/nonexistent/x",
		"masquerade_domains=!", "canonical_classes=header_sender, nonsense", "masquerade_classes=envelope" };

	(void)state;
	for (size_t i = 0; i < NITEMS(wrong); i++) {
		const char *const settings[] = { wrong[i], "sender_bcc_maps=static:x", NULL };
		const struct conf *cf = load(settings);
		const struct table_env env = { .cf = cf };
		struct buf err = BUF(1000);
		struct rewriter *r;

		if (rewriter_open(&r, cf, &env, &err))
			fail_msg("%s was opened", wrong[i]);
		assert_null(r);
		assert_true(err.len > 0);
		buf_free(&err);
		conf_free(&cf);
	}
}

static void
nothing_is_opened_when_nothing_is_set(void **state)
{
	struct world w;

	(void)state;
	begin(&w, NULL);
	assert_null(w.r);
	assert_false(rewriter_touches(w.r, REWRITE_HEADER_SENDER));
	assert_false(rewriter_changed(w.r));
	end(&w);
}

struct listener {
	struct trace trace;
	struct buf heard;
};

static void
hear(struct trace *t, const struct trace_step *s)
{
	struct listener *l = (struct listener *)(void *)t;

	buf_fmt(&l->heard, "%s %s %s;", s->what, s->from, s->to);
}

static void
each_step_is_told(void **state)
{
	static const char *const settings[] = { "canonical_maps=inline:{a@x.example=b@m.m.example}",
		"masquerade_domains=m.example", "virtual_alias_maps=inline:{{b@m.example=c@o.example, d@o.example}}",
		NULL };
	struct listener l = { .trace = { .step = hear }, .heard = BUF(1000) };
	const char *out, **list;
	struct world w;
	size_t n;

	(void)state;
	begin(&w, settings);
	assert_int_equal(
	    rewrite_address(w.r, REWRITE_HEADER_SENDER, "a@x.example", &l.trace, &w.mem, &out, &w.why), FATE_OK);
	assert_int_equal(rewrite_aliases(w.r, out, &l.trace, &w.mem, &list, &n, &w.why), FATE_OK);
	assert_string_equal(buf_str(&l.heard),
	    "canonical_maps a@x.example b@m.m.example;masquerade_domains b@m.m.example b@m.example;"
	    "virtual_alias_maps b@m.example c@o.example, d@o.example;");
	buf_free(&l.heard);
	end(&w);
}

static bool
quiet(enum log_level level, const char *line)
{
	(void)level, (void)line;
	return true;
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_becomes_one),
		cmocka_unit_test(one_becomes_many),
		cmocka_unit_test(copies),
		cmocka_unit_test(what_cannot_be_opened),
		cmocka_unit_test(nothing_is_opened_when_nothing_is_set),
		cmocka_unit_test(each_step_is_told),
	};

	log_open("test", "rewrite", quiet);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
