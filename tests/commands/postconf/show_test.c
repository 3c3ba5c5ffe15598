/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/commands/postconf/run.h"

static const char main_cf[] =
    "# c\nmynetworks = 127.0.0.0/8,\n    [::1]/128   10.0.0.0/8 192.168.0.0/16 172.16.0.0/12\n"
    "  1.2.3.4/32\nrelayhost = $here ${gone}\nhere = <$mydomain>\nunused = 1\nbiff = yes\nbiff = no\n"
    "mydomain = m.example\nmyhostname = h.$mydomain\nluser_relay = $user\n"
    "smtp_destination_rate_delay = 2s\nqmgr_fudge_factor = 7\n";
static const char master_cf[] =
    "smtp inet n - n - - smtpd\nsmtp unix - - n - - smtp -o syslog_name=$here/$service_name\n"
    "  -o { relayhost = a  b } -v\n"
    "a-very-long-name unix n - - 60? 0 pipe flags=R user=nobody argv=/usr/bin/x -o y ${recipient}\n";

enum {
	DEFAULTS = 1,
	SET_ONLY = 2,
	NO_NAMES = 4,
	NO_VALUES = 8,
	FOLD = 16,
	EXPAND = 32,
	GIVEN = 64,
	SERVICES = 128,
	FIELDS = 256,
	OVERRIDES = 512
};

static const struct {
	const char *what;
	unsigned flags;
	const char *args[4];
	const char *out;
} parameters[] = {
	{ "names, in the order asked for", 0, { "relayhost", "biff" }, "relayhost = $here ${gone}\nbiff = no\n" },
	{ "an own one", 0, { "here" }, "here = <$mydomain>\n" },
	{ "one that nobody uses", 0, { "unused", "biff" }, "biff = no\n" },
	{ "one that is not there", 0, { "nosuch" }, "" },
	{ "empty", 0, { "content_filter" }, "content_filter =\n" },
	{ "four letters", 0, { "biff" }, "biff = no\n" },
	{ "blanks are one", 0, { "mynetworks" },
	    "mynetworks = 127.0.0.0/8, [::1]/128 10.0.0.0/8 192.168.0.0/16 172.16.0.0/12 1.2.3.4/32\n" },
	{ "folded", FOLD, { "mynetworks" },
	    "mynetworks = 127.0.0.0/8, [::1]/128 10.0.0.0/8 192.168.0.0/16 172.16.0.0/12\n    1.2.3.4/32\n" },
	{ "values", NO_NAMES, { "relayhost", "content_filter", "biff" }, "$here ${gone}\n\nno\n" },
	{ "names alone", NO_VALUES, { "relayhost", "biff" }, "relayhost\nbiff\n" },
	{ "expanded", EXPAND, { "relayhost", "myhostname" }, "relayhost = <m.example>\nmyhostname = h.m.example\n" },
	{ "expanded, but at use", EXPAND, { "luser_relay" }, "luser_relay = $user\n" },
	{ "a family", 0, { "smtp_destination_rate_delay", "x_destination_rate_delay" },
	    "smtp_destination_rate_delay = 2s\nx_destination_rate_delay = $default_destination_rate_delay\n" },
	{ "a family, expanded", EXPAND, { "x_destination_rate_delay" }, "x_destination_rate_delay = 0s\n" },
	{ "defaults", DEFAULTS, { "biff", "relayhost", "here" }, "biff = yes\nrelayhost =\n" },
	{ "what is set", SET_ONLY, { NULL },
	    "biff = no\nhere = <$mydomain>\nluser_relay = $user\nmydomain = m.example\nmyhostname = h.$mydomain\n"
	    "mynetworks = 127.0.0.0/8, [::1]/128 10.0.0.0/8 192.168.0.0/16 172.16.0.0/12 1.2.3.4/32\n"
	    "qmgr_fudge_factor = 7\nrelayhost = $here ${gone}\nsmtp_destination_rate_delay = 2s\n" },
};

static const struct {
	const char *what;
	unsigned flags;
	const char *args[4];
	const char *out;
} services[] = {
	{ "one", 0, { "smtp/inet" }, "smtp       inet  n       -       n       -       -       smtpd\n" },
	{ "a name", 0, { "smtp" },
	    "smtp       inet  n       -       n       -       -       smtpd\n"
	    "smtp       unix  -       -       n       -       -       smtp -o syslog_name=$here/$service_name "
	    "-o {relayhost=a  b} -v\n" },
	{ "expanded, folded", EXPAND | FOLD, { "smtp/unix" },
	    "smtp       unix  -       -       n       -       -       smtp\n    -o syslog_name=<m.example>/smtp\n"
	    "    -o {relayhost=a  b}\n    -v\n" },
	{ "wide columns", FOLD, { "a-very-long-name/*" },
	    "a-very-long-name unix n  -       -       60?     0       pipe flags=R\n"
	    "    user=nobody argv=/usr/bin/x -o y ${recipient}\n" },
	{ "built in", 0, { "resolver" },
	    "# built in: resolver   unix  -       -       n       -       1       resolver\n" },
	{ "not there", 0, { "nosuch", "smtp/fifo" }, "" },
};

static const struct {
	const char *what;
	unsigned flags;
	const char *args[4];
	const char *out;
} parts[] = {
	{ "fields of one", FIELDS, { "smtp/inet" },
	    "smtp/inet/service = smtp\nsmtp/inet/type = inet\nsmtp/inet/private = n\nsmtp/inet/unprivileged = -\n"
	    "smtp/inet/chroot = n\nsmtp/inet/wakeup = -\nsmtp/inet/process_limit = -\nsmtp/inet/command = smtpd\n" },
	{ "one field of all", FIELDS, { "*/*/chroot" },
	    "smtp/inet/chroot = n\nsmtp/unix/chroot = n\na-very-long-name/unix/chroot = -\n" },
	{ "a command", FIELDS | NO_NAMES, { "smtp/unix/command" },
	    "smtp -o syslog_name=$here/$service_name -o {relayhost=a  b} -v\n" },
	{ "a command, folded and expanded", FIELDS | FOLD | EXPAND, { "smtp/unix/command" },
	    "smtp/unix/command = smtp\n    -o syslog_name=<m.example>/smtp\n    -o {relayhost=a  b}\n    -v\n" },
	{ "names of fields", FIELDS | NO_VALUES, { "smtp/unix/command", "smtp/inet/type" },
	    "smtp/inet/type\nsmtp/unix/command\n" },
	{ "settings", OVERRIDES, { "*" }, "smtp/unix/relayhost = a b\nsmtp/unix/syslog_name = $here/$service_name\n" },
	{ "settings, expanded", OVERRIDES | EXPAND, { "*/*/syslog_name" },
	    "smtp/unix/syslog_name = <m.example>/smtp\n" },
	{ "values of settings", OVERRIDES | NO_NAMES, { "smtp/unix" }, "a b\n$here/$service_name\n" },
	{ "no such setting", OVERRIDES, { "smtp/inet", "smtp/unix/biff" }, "" },
};

static struct request
request(const struct conf_dir *d, unsigned flags, const char *const *args)
{
	struct request r = { .dir = d->path,
		.mode = flags & SERVICES ? 'M'
		    : flags & FIELDS	 ? 'F'
		    : flags & OVERRIDES	 ? 'P'
					 : 'p',
		.classes = CLASS_ALL,
		.defaults = flags & DEFAULTS,
		.set_only = flags & SET_ONLY,
		.no_names = flags & NO_NAMES,
		.no_values = flags & NO_VALUES,
		.fold = flags & FOLD,
		.expand = flags & EXPAND,
		.dir_given = flags & GIVEN,
		.args = (char **)args };

	while (r.nargs < 4 && args[r.nargs] != NULL)
		r.nargs++;
	return r;
}

static void
shows_parameters(void **state)
{
	struct conf_dir d = conf_dir_make(main_cf, master_cf);
	static struct result result;

	(void)state;
	for (size_t i = 0; i < sizeof(parameters) / sizeof(parameters[0]); i++) {
		run(show_main, request(&d, parameters[i].flags, parameters[i].args), &result);
		if (result.status != 0 || strcmp(result.out, parameters[i].out) != 0)
			fail_msg("%s: status %d\n%s%s", parameters[i].what, result.status, result.out, result.err);
	}
	conf_dir_remove(&d);
}

static void
shows_services(void **state)
{
	struct conf_dir d = conf_dir_make(main_cf, master_cf);
	static struct result result;

	(void)state;
	for (size_t i = 0; i < sizeof(services) / sizeof(services[0]); i++) {
		run(show_services, request(&d, services[i].flags | SERVICES, services[i].args), &result);
		if (result.status != 0 || strcmp(result.out, services[i].out) != 0)
			fail_msg("%s: status %d\n%s%s", services[i].what, result.status, result.out, result.err);
	}
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		run(parts[i].flags & FIELDS ? show_fields : show_overrides, request(&d, parts[i].flags, parts[i].args),
		    &result);
		if (result.status != 0 || strcmp(result.out, parts[i].out) != 0)
			fail_msg("%s: status %d\n%s%s", parts[i].what, result.status, result.out, result.err);
	}
	conf_dir_remove(&d);
}

static void
warns(void **state)
{
	static const char *const want[] = { "main.cf: undefined parameter: gone\n",
		"main.cf: unused parameter: unused=1\n", "main.cf, line 9: overriding earlier entry: biff=yes\n" };
	static const char *const none[] = { NULL };
	struct conf_dir d = conf_dir_make(main_cf, master_cf);
	static struct result result;

	(void)state;
	run(show_main, request(&d, GIVEN, none), &result);
	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++)
		if (strstr(result.err, want[i]) == NULL)
			fail_msg("missing: %s in %s", want[i], result.err);
	assert_null(strstr(result.err, "undefined parameter: user\n"));
	assert_non_null(strstr(result.out, "config_directory ="));
	assert_non_null(strstr(result.out, d.path));
	run(show_main, request(&d, DEFAULTS, none), &result);
	assert_string_equal(result.err, "");
	run(show_main, request(&d, SET_ONLY, none), &result);
	assert_non_null(
	    strstr(result.err, "main.cf, line 14: support for parameter \"qmgr_fudge_factor\" will be removed; "));
	assert_null(strstr(result.err, "mynetworks has no effect"));
	conf_dir_remove(&d);

	d = conf_dir_make("x = ${\nrelayhost = $x\n", "bad\n");
	run(show_main, request(&d, EXPAND, none), &result);
	assert_int_equal(result.status, 1);
	assert_non_null(strstr(result.err, "closing bracket is missing"));
	run(show_services, request(&d, SERVICES, none), &result);
	assert_int_equal(result.status, 1);
	assert_non_null(strstr(result.err, "master.cf, line 1: bad field count: 1 columns, but 8 are wanted"));
	conf_dir_remove(&d);
}

/* A list that mandoc would take: each row of the program, none of others'. */
static int
manual_of(const struct request *r)
{
	return manual(r->args[0], stdout);
}

static void
documents(void **state)
{
	static const char *const program[] = { "smtpd", NULL }, *const nobody[] = { "nobody", NULL },
				 *const command[] = { "postlog", NULL };
	struct conf_dir d = conf_dir_make(NULL, NULL);
	static struct result result;

	(void)state;
	run(manual_of, request(&d, 0, program), &result);
	assert_int_equal(result.status, 0);
	assert_int_equal(strncmp(result.out, ".Bl -tag -width Ds\n.It Va ", 26), 0);
	assert_non_null(strstr(result.out, ".It Va \"smtpd_soft_error_limit\" Pq number, default: Li \"10\"\n"));
	assert_null(strstr(result.out, "\"initial_destination_concurrency\""));
	assert_string_equal(result.out + strlen(result.out) - 5, "\n.El\n");
	assert_non_null(strstr(result.out, ".It Va \"max_idle\""));
	run(manual_of, request(&d, 0, command), &result);
	assert_non_null(strstr(result.out, ".It Va \"syslog_name\""));
	assert_null(strstr(result.out, "\"max_idle\"")); /* the daemons' */
	run(manual_of, request(&d, 0, nobody), &result);
	assert_int_equal(result.status, 1);
	conf_dir_remove(&d);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shows_parameters),
		cmocka_unit_test(shows_services),
		cmocka_unit_test(warns),
		cmocka_unit_test(documents),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
