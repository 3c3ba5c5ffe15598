/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/conf/mastercf.h"
#include "tests/lib/conf/conf_dir.h"

#include <stdarg.h>

static struct mastercf *
load(const char *text, struct conf_dir *d, struct buf *err)
{
	*d = conf_dir_make(NULL, text);
	return mastercf_load(d->path, err);
}

/* "a|b|c" of a list of strings. */
static void
list(struct buf *out, const char *const *words)
{
	for (size_t i = 0; words[i] != NULL; i++)
		buf_fmt(out, "%s%s", i > 0 ? "|" : "", words[i]);
}

/* One line, and what it says: flags as letters (p private, u unprivileged, c chroot, ? wakeup if used). */
static const struct {
	const char *line, *name;
	enum service_type type;
	const char *flags;
	long wakeup, maxproc;
	const char *program, *argv, *overrides, *words;
} lines[] = {
	{ "smtp inet n - n - - smtpd\n", "smtp", SERVICE_INET, "u", 0, -1, "smtpd", "", "", "" },
	{ "127.0.0.1:2525 inet - n y - 0 smtpd\n", "127.0.0.1:2525", SERVICE_INET, "c", 0, 0, "smtpd", "", "", "" },
	{ "[::1]:25\tinet\tn\ty\tn\t0\t5\tsmtpd\r\n", "[::1]:25", SERVICE_INET, "u", 0, 5, "smtpd", "", "", "" },
	{ "pickup fifo n - - 60 1 pickup\n", "pickup", SERVICE_FIFO, "u", 60, 1, "pickup", "", "", "" },
	{ "tlsmgr unix - - y 1000? 1 tlsmgr\n", "tlsmgr", SERVICE_UNIX, "puc?", 1000, 1, "tlsmgr", "", "", "" },
	{ "postlog unix-dgram n - n - 1 postlogd\n", "postlog", SERVICE_DGRAM, "u", 0, 1, "postlogd", "", "", "" },
	{ "smtpd pass - - n - - smtpd", "smtpd", SERVICE_PASS, "pu", 0, -1, "smtpd", "", "", "" },
	{ "a unix - - - - - smtp -o x=y -v -o z=\n", "a", SERVICE_UNIX, "pu", 0, -1, "smtp", "-v",
	    "x=y|z=", "-o|x=y|-v|-o|z=" },
	{ "a unix - - - - - smtp -ox=y\n", "a", SERVICE_UNIX, "pu", 0, -1, "smtp", "", "x=y", "-o|x=y" },
	{ "a unix - - - - - smtp\n  -o { x = y  z }\n# no\n\n  -o {  u=v  }\n", "a", SERVICE_UNIX, "pu", 0, -1, "smtp",
	    "", "x=y  z|u=v", "-o|{x=y  z}|-o|u=v" },
	{ "a unix - - - - - smtp -vo x=y -vDo {u=v}\n", "a", SERVICE_UNIX, "pu", 0, -1, "smtp", "-v|-v|-D", "x=y|u=v",
	    "-v|-o|x=y|-v|-D|-o|u=v" },
	{ "a unix - - - - - smtp -o x=a=b,{c}\n", "a", SERVICE_UNIX, "pu", 0, -1, "smtp", "", "x=a=b,{c}",
	    "-o|x=a=b,{c}" },
	{ "a unix - n n - - pipe -o u=v flags=X user=me argv=/bin/c -o a=b { d  e } $f ${g}\n", "a", SERVICE_UNIX, "p",
	    0, -1, "pipe", "flags=X|user=me|argv=/bin/c|-o|a=b|d  e|$f|${g}", "u=v",
	    "-o|u=v|flags=X|user=me|argv=/bin/c|-o|a=b|{d  e}|$f|${g}" },
	{ "a unix - n n - - spawn - -o x=y\n", "a", SERVICE_UNIX, "p", 0, -1, "spawn", "-|-o|x=y", "", "-|-o|x=y" },
	{ "a unix - n n - - spawn {-o} x\n", "a", SERVICE_UNIX, "p", 0, -1, "spawn", "-o|x", "", "{-o}|x" },
	{ "a unix - n n - - spawn {} { { } }\n", "a", SERVICE_UNIX, "p", 0, -1, "spawn", "|{ }", "", "{}|{{ }}" },
};

static void
reads(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct buf err = BUF(4096), argv = BUF(4096), overrides = BUF(4096), words = BUF(4096);
		struct conf_dir d;
		struct mastercf *m = load(lines[i].line, &d, &err);
		const struct mastercf_service *s;
		char flags[8];

		if (m == NULL)
			fail_msg("%s: %s", lines[i].line, buf_str(&err));
		s = &m->services[0];
		snprintf(flags, sizeof(flags), "%s%s%s%s", s->private_ ? "p" : "", s->unprivileged ? "u" : "",
		    s->chroot ? "c" : "", s->wakeup_if_used ? "?" : "");
		list(&argv, s->argv);
		list(&overrides, s->overrides);
		list(&words, s->words);
		if (strcmp(s->name, lines[i].name) != 0 || s->type != lines[i].type ||
		    strcmp(flags, lines[i].flags) != 0 || s->wakeup != lines[i].wakeup ||
		    s->maxproc != lines[i].maxproc || strcmp(s->program, lines[i].program) != 0 || s->line != 1 ||
		    s->builtin)
			fail_msg("%s: name %s, type %d, flags %s, wakeup %ld, maxproc %ld, program %s, line %d",
			    lines[i].line, s->name, (int)s->type, flags, s->wakeup, s->maxproc, s->program, s->line);
		assert_string_equal(buf_str(&argv), lines[i].argv);
		assert_string_equal(buf_str(&overrides), lines[i].overrides);
		assert_string_equal(buf_str(&words), lines[i].words);
		assert_string_equal(s->line_text, lines[i].line);
		mastercf_free(&m);
		assert_null(m);
		conf_dir_remove(&d);
		buf_free(&err);
		buf_free(&argv);
		buf_free(&overrides);
		buf_free(&words);
	}
}

static const struct {
	const char *text, *want; /* behind the folder's name */
} errors[] = {
	{ "# c\na unix - - - - -\n",
	    "/master.cf, line 2: bad field count: 7 columns, but 8 are wanted: service type private unprivileged chroot wakeup maxproc "
	    "command; write - for the default" },
	{ "a tcp - - - - - smtpd\n",
	    "/master.cf, line 1: invalid type field \"tcp\" (column 2); inet, unix, pass, fifo or unix-dgram is wanted" },
	{ "a unix yes - - - - smtpd\n",
	    "/master.cf, line 1: invalid private field \"yes\" (column 3); y, n or - is wanted" },
	{ "a unix - Y - - - smtpd\n",
	    "/master.cf, line 1: invalid unprivileged field \"Y\" (column 4); y, n or - is wanted" },
	{ "a unix - - 1 - - smtpd\n",
	    "/master.cf, line 1: invalid chroot field \"1\" (column 5); y, n or - is wanted" },
	{ "a unix - - - 5m - smtpd\n",
	    "/master.cf, line 1: invalid wakeup field \"5m\" (column 6); seconds, with ? behind it or not, or - is wanted" },
	{ "a unix - - - ? - smtpd\n",
	    "/master.cf, line 1: invalid wakeup field \"?\" (column 6); seconds, with ? behind it or not, or - is wanted" },
	{ "a unix - - - - -1 smtpd\n",
	    "/master.cf, line 1: invalid process_limit field \"-1\" (column 7); a number (0: no limit) or - is wanted" },
	{ "a inet y - - - - smtpd\n", "/master.cf, line 1: an inet service cannot be private (column 3); write n" },
	{ "a unix - - - - - /usr/bin/evil\n",
	    "/master.cf, line 1: invalid command field \"/usr/bin/evil\" (column 8); a program of the daemon directory is "
	    "wanted, without a path" },
	{ "a unix - - - - - smtpd -o\n", "/master.cf, line 1: -o : -o name=value or -o { name = value } is wanted" },
	{ "a unix - - - - - smtpd -o abc\n",
	    "/master.cf, line 1: -o abc: -o name=value or -o { name = value } is wanted" },
	{ "a unix - - - - - smtpd -o { abc }\n",
	    "/master.cf, line 1: -o abc: -o name=value or -o { name = value } is wanted" },
	{ "a unix - - - - - smtpd -o =abc\n",
	    "/master.cf, line 1: -o =abc: -o name=value or -o { name = value } is wanted" },
	{ "a unix - - - - - smtpd -o { a = b\n", "/master.cf, line 1: missing '}' in \"{ a = b\"" },
	{ "a unix - - - - - smtpd -o { a = b }c\n",
	    "/master.cf, line 1: white space is missing behind '}' in \"{ a = b }c\"" },
};

static void
refuses(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		struct buf err = BUF(4096);
		struct conf_dir d;

		assert_null(load(errors[i].text, &d, &err));
		if (strcmp(buf_str(&err) + strlen(d.path), errors[i].want) != 0)
			fail_msg("%s: \"%s\"", errors[i].text, buf_str(&err));
		conf_dir_remove(&d);
		buf_free(&err);
	}
}

static void
refuses_floods(void **state)
{
	struct buf err = BUF(4096), text = BUF(4 << 20);
	struct conf_dir d;

	(void)state;
	assert_null(load(NULL, &d, &err));
	assert_non_null(strstr(buf_str(&err), "/master.cf: No such file or directory; create it"));
	conf_dir_remove(&d);

	buf_clear(&err);
	buf_puts(&text, "a unix - - - - - pipe");
	for (int i = 0; i < 5000; i++)
		buf_puts(&text, " x");
	assert_null(load(buf_str(&text), &d, &err));
	assert_non_null(strstr(buf_str(&err), "line 1: more than 4096 arguments"));
	conf_dir_remove(&d);

	buf_clear(&err);
	buf_clear(&text);
	for (int i = 0; i <= 10000; i++)
		buf_fmt(&text, "s%d unix - - - - - smtp\n", i);
	assert_null(load(buf_str(&text), &d, &err));
	assert_non_null(strstr(buf_str(&err), "more than 10000 services"));
	conf_dir_remove(&d);
	buf_free(&err);
	buf_free(&text);
}

static const struct mastercf_service *
find(const struct mastercf *m, const char *name, const char *type)
{
	for (size_t i = 0; i < m->n; i++)
		if (strcmp(m->services[i].name, name) == 0 && strcmp(m->services[i].type_text, type) == 0)
			return &m->services[i];
	return NULL;
}

/* What Postfix's file does not have is there; what we do not need is ignored; of two lines the last one counts. */
static void
completes(void **state)
{
	struct buf err = BUF(4096);
	struct conf_dir d;
	struct mastercf *m =
	    load("smtp inet n - n - - smtpd\nsmtp unix - - n - - smtp\nscache unix - - n - 1 scache\n"
		 "defer unix - - n - 0 bounce\ntlsmgr unix - - n 1000? 1 tlsmgr\nbounce unix - - n - 0 bounce\n"
		 "proxymap unix - - n - 7 proxymap\nsmtp inet n - n - 9 smtpd\n",
		&d, &err);

	(void)state;
	assert_non_null(m);
	assert_int_equal(m->n, 10); /* seven of the file, resolver, proxywrite, postlog */
	assert_int_equal(find(m, "smtp", "inet")->maxproc, 9);
	assert_int_equal(find(m, "smtp", "inet")->line, 8);
	assert_ptr_equal(find(m, "smtp", "inet"), &m->services[0]);
	assert_non_null(find(m, "smtp", "unix"));
	assert_true(find(m, "scache", "unix")->ignored);
	assert_true(find(m, "defer", "unix")->ignored);
	assert_true(find(m, "tlsmgr", "unix")->ignored);
	assert_false(find(m, "bounce", "unix")->ignored);
	assert_int_equal(find(m, "proxymap", "unix")->maxproc, 7);
	assert_false(find(m, "proxymap", "unix")->builtin);
	assert_true(find(m, "resolver", "unix")->builtin);
	assert_int_equal(find(m, "resolver", "unix")->line, 0);
	assert_int_equal(find(m, "resolver", "unix")->maxproc, 1);
	assert_true(find(m, "postlog", "unix-dgram")->builtin);
	assert_int_equal(find(m, "proxywrite", "unix")->maxproc, 1);
	assert_non_null(
	    strstr(m->warnings, "/master.cf, line 1: smtp/inet is defined again in line 8, which counts\n"));
	mastercf_free(&m);
	conf_dir_remove(&d);
	buf_free(&err);
}

/* Who shows or mends a file sees lines that cannot run; who runs it does not. */
static void
as_written(void **state)
{
	struct conf_dir d =
	    conf_dir_make(NULL, "a unix - - - - - /bin/evil -v\nb unix - - - - - smtpd -o x -o biff=no -o {=y z} -o\n");
	struct buf err = BUF(4096);
	struct mastercf *m = mastercf_load_lines(d.path, &err);
	static const char *const words[] = { "-o", "x", "-o", "biff=no", "-o", "{=y z}", "-o" };

	(void)state;
	assert_non_null(m);
	assert_string_equal(m->services[0].program, "/bin/evil");
	assert_non_null(strstr(m->services[0].wrong, "invalid command field \"/bin/evil\""));
	assert_string_equal(m->services[1].wrong, "-o x: -o name=value or -o { name = value } is wanted");
	assert_int_equal(m->services[1].noverrides, 1);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		assert_string_equal(m->services[1].words[i], words[i]);
	assert_null(m->services[1].words[sizeof(words) / sizeof(words[0])]);
	mastercf_free(&m);
	assert_null(mastercf_load(d.path, &err));
	assert_non_null(strstr(buf_str(&err), "/master.cf, line 1: invalid command field"));
	conf_dir_remove(&d);
	buf_free(&err);
}

/* As in Postfix: it is no line, and what continues it is none. */
static void
leaves_out(void **state)
{
	struct conf_dir d =
	    conf_dir_make(NULL, "\n  a unix - - - - - smtpd\n  -o x=y\n# c\n  -v\nb unix - - - - - smtpd\n  -v\n");
	struct buf err = BUF(4096);
	struct mastercf *m = mastercf_load_lines(d.path, &err);

	(void)state;
	assert_non_null(m);
	assert_int_equal(m->n, 1);
	assert_string_equal(m->services[0].name, "b");
	assert_string_equal(m->services[0].argv[0], "-v");
	assert_string_equal(m->warnings, "");
	assert_string_equal(m->left_out + strlen(d.path),
	    "/master.cf, line 2: logical line must not start with whitespace: \"a unix - - - - - smtpd\" -- ignored, with what "
	    "continues it\n");
	mastercf_free(&m);
	conf_dir_remove(&d);
	buf_free(&err);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads),
		cmocka_unit_test(refuses),
		cmocka_unit_test(as_written),
		cmocka_unit_test(leaves_out),
		cmocka_unit_test(refuses_floods),
		cmocka_unit_test(completes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
