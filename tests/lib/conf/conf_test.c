/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/conf/conf.h"
#include "tests/lib/conf/conf_dir.h"

#include <sys/stat.h>

static const struct conf *
load(const struct conf_dir *d, const char *const *overrides, size_t n, struct buf *err)
{
	struct conf_args a = { .dir = d->path, .overrides = overrides, .noverrides = n };

	return conf_load(&a, err);
}

/* main.cf, and what the value of x becomes. */
static const struct {
	const char *what, *text, *want;
} values[] = {
	{ "plain", "x = a b\n", "a b" },
	{ "no blanks around =", "x=a\n", "a" },
	{ "blanks around and behind", "x \t =\t  a  \t\n", "a" },
	{ "= within", "x = a=b = c\n", "a=b = c" },
	{ "empty", "x =\n", "" },
	{ "no line end", "x = a", "a" },
	{ "CRLF", "x = a\r\n  b\r\ny = 1\r\n", "a b" },
	{ "continued", "x =\n  a,\n\tb\n", "a, b" },
	{ "comment and empty line within", "x = a\n# no\n\n   \n  # nor this\n  b\n", "a b" },
	{ "blanks within a line stay", "x = a   b\n", "a   b" },
	{ "# within a value", "x = a # b\n  c\n", "a # b c" },
	{ "the last one counts", "x = a\nx = b\n", "b" },
	{ "comment before", "#x = b\n\n  # c\nx = a\n", "a" },
	{ "refers forward", "x = $y!\ny = 1\n", "1!" },
	{ "refers to the table", "x = $mail_name\n", "Sallyport" },
	{ "refers through others", "x = $y\ny = ${z?{$z$z}}\nz = $w\nw = 1\n", "11" },
	{ "names of others with -", "x = $y\ny = 1\na-b = 2\n", "1" },
	{ "a family's default", "x = $foo_destination_rate_delay\n", "0s" },
	{ "a family's default, set", "x = $foo_destination_rate_delay\ndefault_destination_rate_delay = 5s\n", "5s" },
	{ "a family's member", "x = $foo_destination_rate_delay\nfoo_destination_rate_delay = 7s\n", "7s" },
	{ "a RAW one", "x = $mailbox_command\nmailbox_command = c $y\ny = 1\n", "c 1" },
	{ "what is not chosen may be anything", "x = ${y?{$x}:{a}}\n", "a" },
	{ "a brace over two lines", "x = ${y?{a}:\n  {b}}\n", "b" },
	{ "backslashes mean nothing", "x = a\\\n  b\n", "a\\ b" },
	{ "UTF-8", "x = \303\274\n", "\303\274" },
};

static void
reads(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		struct conf_dir d = conf_dir_make(values[i].text, NULL);
		struct buf err = BUF(4096);
		const struct conf *cf = load(&d, NULL, 0, &err);

		if (cf == NULL)
			fail_msg("%s: %s", values[i].what, buf_str(&err));
		if (strcmp(conf_get(cf, "x"), values[i].want) != 0)
			fail_msg("%s: \"%s\", want \"%s\"", values[i].what, conf_get(cf, "x"), values[i].want);
		conf_free(&cf);
		conf_dir_remove(&d);
		buf_free(&err);
	}
}

/* main.cf, and the error behind the folder's name. */
static const struct {
	const char *what, *text, *want;
} errors[] = {
	{ "no =", "# c\nnonsense\n",
	    "/main.cf, line 2: missing '=' after the parameter name; write name = value, or # before a comment: "
	    "\"nonsense\"" },
	{ "no name", "= 5\n", "/main.cf, line 1: missing parameter name before '='; write name = value: \"= 5\"" },
	{ "two names", "a b = 5\n",
	    "/main.cf, line 1: missing '=' after the parameter name, or white space within the name; write name = value: "
	    "\"a b = 5\"" },
	{ "dollar name", "$a = 5\n",
	    "/main.cf, line 1: a parameter name cannot have '$' or '{'; only values are expanded: \"$a = 5\"" },
	{ "number", "smtpd_recipient_limit = many\n",
	    "/main.cf, line 1: smtpd_recipient_limit: bad numeric value: \"many\"" },
	{ "bounds", "smtpd_recipient_limit = 0\n",
	    "/main.cf, line 1: smtpd_recipient_limit: value 0 is out of range: 1 to 2147483647" },
	{ "empty number", "smtpd_recipient_limit =\n",
	    "/main.cf, line 1: smtpd_recipient_limit: bad numeric value: \"\"" },
	{ "time", "a = 1\nsmtpd_timeout = 5x\n",
	    "/main.cf, line 2: smtpd_timeout: bad time value: \"5x\" (a number and one of s m h d w is wanted)" },
	{ "yes or no", "biff = maybe\n", "/main.cf, line 1: biff: bad boolean value: \"maybe\" (yes or no is wanted)" },
	{ "through another name", "biff = $foo\nfoo = maybe\n",
	    "/main.cf, line 1: biff: bad boolean value: \"maybe\" (yes or no is wanted)" },
	{ "a family's member", "foo_destination_concurrency_limit = x\n",
	    "/main.cf, line 1: foo_destination_concurrency_limit: bad numeric value: \"x\"" },
	{ "syntax", "a = 1\nrelayhost = ${a\n", "/main.cf, line 2: relayhost: closing bracket is missing at \"${a\"" },
	{ "syntax, where it is", "relayhost = $foo\nfoo = $bar\nbar = ${a-b}\n",
	    "/main.cf, line 3: bar: a name has letters, digits and '_'; '?' or ':' or its end expected at \"-b\"" },
	{ "itself", "x = $x\n", "/main.cf, line 1: x: refers to itself: x -> x; take one of these references out" },
	{ "each other", "# c\nfoo = $bar\nbar = ${foo}\n",
	    "/main.cf, line 2: foo: refers to itself: foo -> bar -> foo; take one of these references out" },
	{ "each other, from outside", "relayhost = $foo\nfoo = $bar\nbar = ${foo}\n",
	    "/main.cf, line 2: foo: refers to itself: foo -> bar -> foo; take one of these references out" },
	{ "in a condition", "x = ${{$x} == {1} ? {a} : {b}}\n",
	    "/main.cf, line 1: x: refers to itself: x -> x; take one of these references out" },
	{ "a default through main.cf", "virtual_alias_maps = $virtual_alias_domains\n",
	    "/main.cf, line 1: virtual_alias_maps: refers to itself: virtual_alias_maps -> virtual_alias_domains -> "
	    "virtual_alias_maps; take one of these references out" },
	{ "level", "compatibility_level = high\nx = ${{$compatibility_level} <level {3}}\n",
	    "/main.cf, line 1: compatibility_level: malformed compatibility level: \"high\" (3.6 or 3.6.1 is wanted)" },
	{ "at use, but wrong already", "x = 1\nmailbox_command = /bin/x ${user\n",
	    "/main.cf, line 2: mailbox_command: closing bracket is missing at \"${user\"" },
	{ "at use, itself", "luser_relay = $luser_relay\n",
	    "/main.cf, line 1: luser_relay: refers to itself: luser_relay -> luser_relay; take one of these references "
	    "out" },
	{ "no mailname", "myorigin = /nonexistent/mailname\n",
	    "/main.cf, line 1: myorigin: open /nonexistent/mailname: No such file or directory; write a domain name into "
	    "it, or here in place of the path" },
};

static void
refuses(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		struct conf_dir d = conf_dir_make(errors[i].text, NULL);
		struct buf err = BUF(4096);
		const struct conf *cf = load(&d, NULL, 0, &err);

		assert_null(cf);
		if (strncmp(buf_str(&err), d.path, strlen(d.path)) != 0 ||
		    strcmp(buf_str(&err) + strlen(d.path), errors[i].want) != 0)
			fail_msg("%s: \"%s\", want \"...%s\"", errors[i].what, buf_str(&err), errors[i].want);
		conf_dir_remove(&d);
		buf_free(&err);
	}
}

/* What is no text file gives one message, too. */
/* As in Postfix: it is no line, and what continues it is none. */
static void
leaves_out(void **state)
{
	struct conf_dir d =
	    conf_dir_make("# c\n \t\001biff = junk\n  # c\n  and a long, long, long, long continuation\nx = 1\n", NULL);
	struct buf err = BUF(4096);
	const struct conf *cf = load(&d, NULL, 0, &err);
	size_t n;

	(void)state;
	assert_non_null(cf);
	conf_lines(cf, &n);
	assert_int_equal(n, 1);
	assert_string_equal(conf_get(cf, "x"), "1");
	assert_string_equal(conf_warnings(cf) + strlen(d.path),
	    "/main.cf, line 2: logical line must not start with whitespace: \"?biff = junk\" -- ignored, with what continues "
	    "it\n");
	conf_free(&cf);
	conf_dir_remove(&d);
	buf_free(&err);
}

static void
refuses_files(void **state)
{
	struct conf_dir d = conf_dir_make(NULL, NULL);
	struct buf err = BUF(4096), big = BUF(32 << 20);
	char path[256];

	(void)state;
	assert_null(load(&d, NULL, 0, &err));
	assert_non_null(strstr(buf_str(&err), "/main.cf: No such file or directory; create it"));

	buf_clear(&err);
	snprintf(path, sizeof(path), "%s/main.cf", d.path);
	assert_int_equal(mkdir(path, 0755), 0);
	assert_null(load(&d, NULL, 0, &err));
	assert_non_null(strstr(buf_str(&err), "/main.cf: Is a directory; put a text file in its place"));
	rmdir(path);

	buf_clear(&err);
	conf_dir_write(&d, "main.cf", "a = 1\nb = \0002\n", 13);
	assert_null(load(&d, NULL, 0, &err));
	assert_non_null(strstr(buf_str(&err), "/main.cf, line 2: a NUL byte"));

	buf_clear(&err);
	buf_puts(&big, "a = 1\nx = ");
	for (int i = 0; i < 1 << 20; i++)
		buf_putc(&big, 'x');
	conf_dir_write(&d, "main.cf", big.s, big.len);
	assert_null(load(&d, NULL, 0, &err));
	assert_non_null(strstr(buf_str(&err), "/main.cf, line 2: the line and its continuation are longer than"));

	buf_clear(&err);
	while (big.len <= 16 << 20)
		buf_puts(&big, "\n# and on and on");
	conf_dir_write(&d, "main.cf", big.s, big.len);
	assert_null(load(&d, NULL, 0, &err));
	assert_non_null(strstr(buf_str(&err), "/main.cf: File too large"));

	buf_clear(&err);
	if (geteuid() != 0) { /* root may read everything */
		chmod(path, 0);
		assert_null(load(&d, NULL, 0, &err));
		assert_non_null(strstr(buf_str(&err), "/main.cf: Permission denied; make it"));
	}
	buf_free(&err);
	buf_free(&big);
	conf_dir_remove(&d);
}

/* Values that double with each name must not eat the machine. */
static void
refuses_to_explode(void **state)
{
	struct buf text = BUF(1 << 20), err = BUF(4096);
	struct conf_dir d;

	(void)state;
	buf_puts(&text, "v0 = xxxxxxxxxxxxxxxx\n");
	for (int i = 1; i < 40; i++)
		buf_fmt(&text, "v%d = $v%d$v%d\n", i, i - 1, i - 1);
	d = conf_dir_make(buf_str(&text), NULL);
	assert_null(load(&d, NULL, 0, &err));
	assert_non_null(strstr(buf_str(&err), "the value becomes too long; shorten it"));
	conf_dir_remove(&d);

	buf_clear(&text);
	buf_clear(&err);
	for (int i = 0; i < 60; i++)
		buf_fmt(&text, "v%d = $v%d\n", i, i + 1);
	d = conf_dir_make(buf_str(&text), NULL);
	assert_null(load(&d, NULL, 0, &err));
	assert_non_null(strstr(buf_str(&err), "reached through 50 other names"));
	conf_dir_remove(&d);
	buf_free(&text);
	buf_free(&err);
}

static void
members(void **state)
{
	struct conf_dir d =
	    conf_dir_make("smtpd_timeout = 3m\nmessage_size_limit = 5\nbiff = NO\nmyorigin = $mydomain\n"
			  "mydomain = example.com\nmaximal_queue_lifetime = 2\nforward_path = $home/x\n"
			  "2bounce_notice_recipient = me\ndelay_warning_time = 4\nforward_expansion_filter = a$ {\n",
		NULL);
	struct buf err = BUF(4096);
	const struct conf *cf = load(&d, NULL, 0, &err);

	(void)state;
	assert_non_null(cf);
	assert_int_equal(cf->smtpd_timeout, 180);
	assert_int_equal(cf->message_size_limit, 5);
	assert_false(cf->biff);
	assert_string_equal(cf->myorigin, "example.com");
	assert_int_equal(cf->maximal_queue_lifetime, 2 * 86400); /* days, as its default */
	assert_int_equal(cf->delay_warning_time, 4 * 3600);
	assert_string_equal(cf->forward_path, "$home/x");
	assert_string_equal(cf->forward_expansion_filter, "a$ {");
	assert_string_equal(cf->double_bounce_notice_recipient, "me");
	assert_string_equal(cf->config_directory, d.path);
	assert_string_equal(cf->alias_maps, "texthash:/etc/aliases");
	assert_string_equal(cf->syslog_name, "postfix");
	conf_free(&cf);
	conf_dir_remove(&d);
	buf_free(&err);
}

static void
overrides_win(void **state)
{
	static const char *const good[] = { "relayhost=[a]:25", "myorigin = $mydomain", "relayhost=$myorigin",
		"own=x" };
	static const char *const bad[] = { "relayhost" };
	struct conf_dir d = conf_dir_make("relayhost = c\nmydomain = d\nx = $own\n", NULL);
	struct buf err = BUF(4096);
	const struct conf *cf = load(&d, good, 4, &err);
	const char *file;
	int line;

	(void)state;
	assert_non_null(cf);
	assert_string_equal(cf->relayhost, "d");
	assert_string_equal(conf_get(cf, "x"), "x");
	assert_string_equal(conf_source(cf, "relayhost", &file, &line), "$myorigin");
	assert_string_equal(file, "-o");
	assert_int_equal(line, 0);
	assert_string_equal(conf_source(cf, "mydomain", &file, &line), "d");
	assert_int_equal(line, 2);
	assert_string_equal(conf_source(cf, "biff", &file, &line), "yes");
	assert_string_equal(file, "default");
	assert_string_equal(conf_source(cf, "y_time_limit", &file, &line), "$command_time_limit");
	assert_null(conf_source(cf, "nosuch", &file, &line));
	assert_null(conf_get(cf, "nosuch"));
	conf_free(&cf);
	assert_null(load(&d, bad, 1, &err));
	assert_string_equal(buf_str(&err),
	    "-o relayhost: missing '=' after the parameter name; write name = value, or # "
	    "before a comment");
	conf_dir_remove(&d);
	buf_free(&err);
}

static void
numbers(void **state)
{
	struct conf_dir d = conf_dir_make("a_destination_concurrency_limit = 7\ndefault_destination_rate_delay = 1m\n"
					  "own = 12\nbad = x\nminus = -1\nt = 2h\n",
	    NULL);
	struct buf err = BUF(4096);
	const struct conf *cf = load(&d, NULL, 0, &err);

	(void)state;
	assert_non_null(cf);
	assert_int_equal(conf_get_long(cf, "a_destination_concurrency_limit", 3), 7);
	assert_int_equal(conf_get_long(cf, "b_destination_concurrency_limit", 3), 20);
	assert_int_equal(conf_get_long(cf, "local_destination_concurrency_limit", 3), 2);
	assert_int_equal(conf_get_time(cf, "b_destination_rate_delay", 3), 60);
	assert_int_equal(conf_get_time(cf, "maximal_queue_lifetime", 3), 5 * 86400);
	assert_int_equal(conf_get_long(cf, "own", 3), 12);
	assert_int_equal(conf_get_long(cf, "bad", 3), 3);
	assert_int_equal(conf_get_long(cf, "minus", 3), 3);
	assert_int_equal(conf_get_long(cf, "nosuch", 3), 3);
	assert_int_equal(conf_get_time(cf, "t", 3), 7200);
	conf_free(&cf);
	conf_dir_remove(&d);
	buf_free(&err);
}

static const char *
client(void *ctx, const char *name)
{
	if (strcmp(name, "user") == 0)
		return ctx;
	return strcmp(name, "extension") == 0 ? "" : NULL;
}

/* Names of a caller's come first, and what they hold is never expanded. */
static void
expands_for_callers(void **state)
{
	struct conf_dir d = conf_dir_make("raw = 1\nuser = never\nown = <$user>\nluser_relay = $user@$mydomain\n"
					  "mydomain = m\n",
	    NULL);
	struct buf err = BUF(4096), out = BUF(64);
	const struct conf *cf = load(&d, NULL, 0, &err);
	char evil[] = "$mydomain${x";

	(void)state;
	assert_non_null(cf);
	assert_true(conf_expand(cf, "$user|${extension?x}|$own|$raw|$luser_relay", client, evil, &out, &err));
	assert_string_equal(buf_str(&out), "$mydomain${x||<never>|1|$mydomain${x@m");
	buf_clear(&out);
	assert_false(conf_expand(cf, "${user", client, evil, &out, &err));
	assert_string_equal(buf_str(&err), "closing bracket is missing at \"${user\"");
	buf_clear(&out);
	buf_clear(&err);
	assert_false(conf_expand(cf, "$user$user$user$user$user$user$user", client, evil, &out, &err));
	assert_string_equal(buf_str(&err), "the text becomes too long");
	conf_free(&cf);
	conf_dir_remove(&d);
	buf_free(&out);
	buf_free(&err);
}

static void
compute_name(const struct conf_dict *d, struct buf *out)
{
	buf_fmt(out, "host.$mydomain%s", conf_dict_has(d, "mydomain") ? "" : ".nobody");
}

static void
compute_circle(const struct conf_dict *d, struct buf *out)
{
	const char *name = conf_dict_get(d, "myhostname");

	buf_puts(out, name != NULL ? name : "");
}

static void
computed_defaults(void **state)
{
	struct conf_dir d = conf_dir_make("mydomain = m\n", NULL), none = conf_dir_make("", NULL);
	struct buf err = BUF(4096);
	const struct conf *cf;
	const char *file;

	(void)state;
	conf_computed("myhostname", compute_name);
	cf = load(&d, NULL, 0, &err);
	assert_non_null(cf);
	assert_string_equal(cf->myhostname, "host.m");
	assert_string_equal(cf->mydestination, "host.m, localhost.m, localhost");
	assert_string_equal(conf_source(cf, "myhostname", &file, NULL), "host.$mydomain");
	assert_string_equal(file, "default");
	conf_free(&cf);
	cf = load(&none, NULL, 0, &err);
	assert_string_equal(cf->myhostname, "host..nobody");
	conf_free(&cf);
	conf_computed("mydomain", compute_circle);
	assert_null(load(&none, NULL, 0, &err));
	assert_string_equal(buf_str(&err),
	    "default of myhostname: refers to itself: myhostname -> mydomain -> myhostname; take one "
	    "of these references out");
	conf_dir_remove(&d);
	conf_dir_remove(&none);
	buf_free(&err);
}

static void
origin_from_file(void **state)
{
	struct conf_dir d = conf_dir_make(NULL, NULL);
	struct buf err = BUF(4096);
	const struct conf *cf;
	char text[256];

	(void)state;
	snprintf(text, sizeof(text), "myorigin = %s/mailname\nx = <$myorigin>\n", d.path);
	conf_dir_write(&d, "main.cf", text, strlen(text));
	conf_dir_write(&d, "mailname", "mail.example\nrest\n", 18);
	cf = load(&d, NULL, 0, &err);
	assert_non_null(cf);
	assert_string_equal(cf->myorigin, "mail.example");
	assert_string_equal(conf_get(cf, "x"), "<mail.example>");
	conf_free(&cf);
	conf_dir_write(&d, "mailname", "", 0);
	assert_null(load(&d, NULL, 0, &err));
	assert_non_null(strstr(buf_str(&err), "mailname is empty; write a domain name into it"));
	conf_dir_remove(&d);
	buf_free(&err);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads), cmocka_unit_test(refuses), cmocka_unit_test(refuses_files),
		cmocka_unit_test(refuses_to_explode), cmocka_unit_test(members), cmocka_unit_test(overrides_win),
		cmocka_unit_test(numbers), cmocka_unit_test(expands_for_callers), cmocka_unit_test(origin_from_file),
		cmocka_unit_test(leaves_out), cmocka_unit_test(computed_defaults), /* last: it registers its own */
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
