/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/mail/template.h"

#include "tests/support/test.h"

#include <string.h>

/* What of a file is taken: headers and text of its failure template, and what is told. */
static const struct {
	const char *file, *headers, *text, *warning, *error; /* NULL: that of the built-in one; none */
} files[] = {
	{ "", NULL, NULL, NULL, NULL },
	{ "# c\n\n \t\r\n", NULL, NULL, NULL, NULL },
	{ "failure_template = <<EOF\nSubject: s\nfrom :  me  \n\nx $y\nEOF\n", "us-ascii|me|s|", "x $y\n", NULL, NULL },
	{ "failure_template=<<E F\nCHARSET: UTF-8\n \n\n x\n\n\nE F\n", "UTF-8|", " x\n\n\n", NULL, NULL },
	{ "failure_template = <<EOF\r\n\r\nx\r\nEOF\r\n", NULL, "x\n", NULL, NULL },
	{ "failure_template = <<EOF\nno header\n\nx\nEOF", NULL, "no header\n\nx\n", NULL, NULL },
	{ "failure_template = <<EOF\nSubject: s\n folded\nEOF\n", "us-ascii|Mail Delivery System <MAILER-DAEMON>|s|",
	    " folded\n", NULL, NULL },
	{ "failure_template = one line\n", NULL, "one line\n", NULL, NULL },
	{ "failure_template = <<E\n\nx\nE\nfailure_template = <<E\n\ny\nE\n", NULL, "y\n", NULL, NULL },
	{ "failure_template = <<E\n\nx\nE\nfailure_template = <<E\n\nE\n", NULL, "x\n",
	    "f, line 5: missing message text in failure template -- ignoring this template\n", NULL },
	{ "failure_template = <<E\n\nx\n", NULL, "x\n", "f, line 1: missing \"E\" end marker\n", NULL },
	{ "failure_template =\n", NULL, NULL, "f, line 1: missing message text in failure", NULL },
	{ "failure_template = <<E\nTo: x\n\nx\nE\n", NULL, NULL, "f, line 2: unknown \"To\" header label in failure",
	    NULL },
	{ "failure_template = <<E\nFrom: x\nSubject:\n\nx\nE\n", NULL, NULL,
	    "f, line 3: empty \"Subject\" header value in failure", NULL },
	{ "failure_template = <<E\nFrom: \xc3\xa4\n\nx\nE\n", NULL, NULL, "f, line 2: non-ASCII \"From\" header value",
	    NULL },
	{ "failure_template = <<E\nFrom: a\rb\n\nx\nE\n", NULL, NULL, "f, line 2: non-ASCII \"From\" header value",
	    NULL },
	{ "failure_template = <<E\n\n\xc3\xa4\nE\n", NULL, NULL, "f, line 1: 8-bit message text", NULL },
	{ "failure_template = <<E\nCharset: utf-8\n\n\xc3\xa4\nE\n", "utf-8|", "\xc3\xa4\n", NULL, NULL },
	{ "success_template = <<E\nPostmaster-Subject: p\n\nx\nE\n", NULL, NULL,
	    "f, line 2: inapplicable \"Postmaster-Subject\" header label in success", NULL },
	{ "failure = <<E\nz\n = z\nE\nfailure_template = x\n", NULL, "x\n",
	    "f, line 1: unknown template name: failure -- ", NULL },
	{ "Failure_template = x\n", NULL, NULL, "f, line 1: unknown template name: Failure_template", NULL },
	{ "failure_template = x\njunk\n", NULL, NULL, NULL, "f, line 2: missing '=' after attribute name: \"junk\"" },
	{ "#\n= x\n", NULL, NULL, NULL, "f, line 2: missing attribute name" },
	{ "\nfailure_template = << \nx\n", NULL, NULL, NULL, "f, line 2: missing end marker after <<" },
};

static void
same_headers(const struct template *t, const char *want)
{
	struct buf b = BUF(1000);

	for (size_t i = 0; i < TEMPLATE_HEADERS - 1; i++)
		buf_fmt(&b, "%s|", t->headers[i]);
	assert_int_equal(strncmp(buf_str(&b), want, strlen(want)), 0);
	buf_free(&b);
}

static void
begins(const struct buf *b, const char *want)
{
	if (want == NULL ? b->len > 0 : strncmp(buf_str(b), want, strlen(want)) != 0)
		fail_msg("%s\nis not: %s", buf_str(b), want);
}

static void
parsing(void **state)
{
	(void)state;
	for (size_t i = 0; i < NITEMS(files); i++) {
		struct buf bytes = BUF(1000), warnings = BUF(1000), err = BUF(1000);
		struct arena mem = ARENA(TEMPLATE_MEMORY);
		struct templates builtin, all;
		const struct template *t = &all.of[TEMPLATE_FAILURE];

		templates_builtin(&mem, &builtin);
		all = builtin;
		buf_puts(&bytes, files[i].file);
		assert_int_equal(templates_parse("f", &bytes, &mem, &all, &warnings, &err), files[i].error == NULL);
		begins(&warnings, files[i].warning);
		begins(&err, files[i].error);
		assert_string_equal(t->text, files[i].text != NULL ? files[i].text : builtin.of[TEMPLATE_FAILURE].text);
		same_headers(t,
		    files[i].headers != NULL ? files[i].headers
					     : "us-ascii|Mail Delivery System <MAILER-DAEMON>|"
					       "Undelivered Mail Returned to Sender|");
		assert_string_equal(all.of[TEMPLATE_VERIFY].text, builtin.of[TEMPLATE_VERIFY].text);
		buf_free(&bytes);
		buf_free(&warnings);
		buf_free(&err);
		arena_free(&mem);
	}
}

static const struct {
	const char *text, *want, *warning, *error;
} expansions[] = {
	{ "$myhostname ${mydomain} $$1\n", "mx.us.example us.example $1\n", NULL, NULL },
	{ "$delay_warning_time_hours ${maximal_queue_lifetime_days}\n", "0 5\n", NULL, NULL },
	{ "$maximal_queue_lifetime_minutes\n", "7200\n",
	    "f, line 7: excessive result of $maximal_queue_lifetime_minutes in delay template: 7200; take a larger",
	    NULL },
	{ "$maximal_queue_lifetime_weeks\n", "0\n",
	    "f, line 7: zero result of $maximal_queue_lifetime_weeks in delay template: 0; take a smaller", NULL },
	{ "$mine ${nobody_home?x}\n", NULL, NULL, "f, line 7: undefined $name in delay template: nobody_home" },
	{ "$maximal_queue_lifetime_years\n", NULL, NULL,
	    "f, line 7: unrecognized suffix \"years\" of $maximal_queue_lifetime_..." },
	{ "${myhostname\n", NULL, NULL, "f, line 7: bad $name syntax in delay template: " },
};

static void
expanding(void **state)
{
	const char *overrides[] = { "myhostname=mx.us.example", "mydomain=us.example", "mine=x", "delay_warning_time=0",
		"maximal_queue_lifetime=5d" };
	const struct conf_args args = {
		.dir = "/", .overrides = overrides, .noverrides = 5, .defaults_only = true, .lenient = true
	};
	struct buf err = BUF(8192);
	const struct conf *cf = conf_load(&args, &err);

	(void)state;
	assert_non_null(cf);
	for (size_t i = 0; i < NITEMS(expansions); i++) {
		const struct template t = { .path = "f", .line = 7, .name = "delay", .text = expansions[i].text };
		struct buf out = BUF(TEMPLATE_EXPANDED), warnings = BUF(8192);

		assert_int_equal(template_expand(&t, &(struct template_values){ .cf = cf }, &out, &warnings, &err),
		    expansions[i].error == NULL);
		begins(&err, expansions[i].error);
		begins(&warnings, expansions[i].warning);
		if (expansions[i].want != NULL)
			assert_string_equal(buf_str(&out), expansions[i].want);
		buf_free(&out);
		buf_free(&warnings);
	}
	conf_free(&cf);
	buf_free(&err);
}

/* Host names in letters, and a text that grows without end. */
static void
limits(void **state)
{
	const struct conf_args args = { .dir = "/", .defaults_only = true, .lenient = true };
	struct buf err = BUF(8192), out = BUF(100), text = BUF(TEMPLATE_TEXT * 2), warnings = BUF(1000);
	const struct conf *cf = conf_load(&args, &err);
	struct arena mem = ARENA(TEMPLATE_MEMORY);
	const struct template_values values = { .cf = cf, .myhostname = "m\xc3\xbcller.example" };
	struct template t = { .path = "f", .line = 1, .name = "delay", .text = "$myhostname\n" };
	struct templates all;

	(void)state;
	assert_true(template_expand(&t, &values, &out, NULL, &err));
	assert_string_equal(buf_str(&out), "m\xc3\xbcller.example\n");
	t.text = "$myhostname $myhostname $myhostname $myhostname $myhostname $myhostname $myhostname $myhostname\n";
	assert_false(template_expand(&t, &values, &out, NULL, &err));
	begins(&err, "f, line 1: bad $name syntax in delay template: the text becomes too long");
	buf_puts(&text, "failure_template = <<E\n");
	for (size_t i = 0; i < TEMPLATE_TEXT + 100; i++)
		buf_puts(&text, i % 64 == 0 ? "\n" : "x");
	templates_builtin(&mem, &all);
	assert_true(templates_parse("f", &text, &mem, &all, &warnings, &err));
	assert_non_null(strstr(buf_str(&warnings), "f, line 1: too much message text in failure template"));
	conf_free(&cf);
	buf_free(&err);
	buf_free(&out);
	buf_free(&text);
	buf_free(&warnings);
	arena_free(&mem);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parsing),
		cmocka_unit_test(expanding),
		cmocka_unit_test(limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
