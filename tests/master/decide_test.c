/* SPDX-License-Identifier: Apache-2.0 */
#include "master/decide.h"
#include "tests/support/test.h"

static const struct {
	const char *what;
	long column, dflt;
	const char *program;
	long per_process, want;
} limits[] = {
	{ "the column counts", 7, 50, "smtpd", 100, 7 },
	{ "0 is no limit", 0, 50, "smtpd", 100, 0 },
	{ "main.cf's default_process_limit", -1, 50, "smtpd", 100, 50 },
	{ "many clients are cheap", -1, -1, "smtpd", 100, 1000 },
	{ "so are messages", -1, -1, "cleanup", 100, 1000 },
	{ "but not where each has a process", -1, -1, "smtpd", 1, 100 },
	{ "others", -1, -1, "smtp", 100, 100 },
};

static void
the_maxproc_column(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(limits) / sizeof(*limits); i++) {
		print_message("# %s\n", limits[i].what);
		assert_int_equal(
		    decide_maxproc(limits[i].column, limits[i].dflt, limits[i].program, limits[i].per_process),
		    limits[i].want);
	}
}

static const struct {
	const char *what;
	struct limits l;
	struct crew c;
	bool careful;
	long share;
	enum wish wish;
} crews[] = {
	{ "the first waits for a client", { 250, 100, false, false }, { 0, 0, 0, 0, 0 }, false, 100, WISH_ON_DEMAND },
	{ "who has room is enough", { 250, 100, false, false }, { 1, 1, 100, 1, 0 }, false, 100, WISH_NONE },
	{ "nearly full: one in advance", { 250, 100, false, false }, { 1, 1, 100, 0, 1 }, false, 100, WISH_NOW },
	{ "full: one in advance", { 250, 100, false, false }, { 1, 1, 100, 0, 0 }, false, 100, WISH_NOW },
	{ "the last gets the rest", { 250, 100, false, false }, { 2, 2, 200, 0, 1 }, false, 50, WISH_NOW },
	{ "there is no more", { 250, 100, false, false }, { 3, 3, 250, 0, 0 }, false, 0, WISH_NONE },
	{ "no limit", { 0, 100, false, false }, { 9, 9, 900, 0, 0 }, false, 100, WISH_NOW },
	{ "sessions of the retiring count", { 100, 100, false, false }, { 2, 0, 30, 0, 0 }, false, 70, WISH_ON_DEMAND },
	{ "a retiring one calls for nobody", { 250, 100, false, false }, { 1, 0, 0, 0, 0 }, false, 100,
	    WISH_ON_DEMAND },
	{ "one at a time: on demand", { 3, 1, false, false }, { 2, 2, 2, 0, 0 }, false, 1, WISH_ON_DEMAND },
	{ "one at a time: all busy", { 3, 1, false, false }, { 3, 3, 3, 0, 0 }, false, 0, WISH_NONE },
	{ "careful", { 250, 100, false, false }, { 0, 0, 0, 0, 0 }, true, 1, WISH_ON_DEMAND },
	{ "careful and all busy", { 250, 100, false, false }, { 2, 2, 2, 0, 0 }, true, 1, WISH_ON_DEMAND },
	{ "careful, an old one has room", { 250, 100, false, false }, { 1, 1, 100, 0, 1 }, true, 1, WISH_NONE },
	{ "helpers count processes", { 2, 1000, true, false }, { 1, 1, 1, 0, 1 }, false, 1000, WISH_NOW },
	{ "as many as there may be", { 1, 1000, true, false }, { 1, 1, 1, 0, 0 }, false, 0, WISH_NONE },
	{ "the successor waits", { 1, 1, false, true }, { 1, 0, 0, 0, 0 }, false, 0, WISH_NONE },
	{ "until the old one is gone", { 1, 1, false, true }, { 0, 0, 0, 0, 0 }, false, 1, WISH_ON_DEMAND },
};

static void
shares_and_wishes(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(crews) / sizeof(*crews); i++) {
		print_message("# %s\n", crews[i].what);
		assert_int_equal(decide_share(&crews[i].l, &crews[i].c, crews[i].careful), crews[i].share);
		assert_int_equal(decide_wish(&crews[i].l, &crews[i].c, crews[i].careful), crews[i].wish);
	}
}

static const struct {
	const char *what;
	struct limits l;
	long taken, share;
	bool careful;
	long want;
} growths[] = {
	{ "room for all of it", { 250, 100, false, false }, 150, 50, false, 100 },
	{ "room for some", { 250, 100, false, false }, 240, 50, false, 60 },
	{ "no room", { 250, 100, false, false }, 250, 50, false, 50 },
	{ "none left over", { 250, 100, false, false }, 260, 50, false, 50 },
	{ "has all", { 250, 100, false, false }, 100, 100, false, 100 },
	{ "no limit", { 0, 100, false, false }, 900, 1, false, 100 },
	{ "careful", { 250, 100, false, false }, 1, 1, true, 1 },
	{ "helpers have what they have", { 2, 100, true, false }, 1, 50, false, 50 },
};

static void
growth(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(growths) / sizeof(*growths); i++) {
		struct crew c = { .processes = 2, .serving = 2, .taken = growths[i].taken };

		print_message("# %s\n", growths[i].what);
		assert_int_equal(
		    decide_growth(&growths[i].l, &c, growths[i].share, growths[i].careful), growths[i].want);
	}
}

static const struct {
	const char *what;
	struct life life;
	enum death want;
} lives[] = {
	{ "retired", { .ready = true, .served = true, .retired = true }, DEATH_FINE },
	{ "retired before anybody came", { .ready = true, .retired = true }, DEATH_FINE },
	{ "asked to go", { .ready = true, .asked = true, .failed = true }, DEATH_FINE },
	{ "asked before it was ready", { .asked = true, .failed = true }, DEATH_FINE },
	{ "bad configuration", { .failed = true }, DEATH_START },
	{ "left at once, content", { .failed = false }, DEATH_START },
	{ "stuck, and killed by us", { .failed = true, .killed = true }, DEATH_START },
	{ "before its first session", { .ready = true, .failed = true }, DEATH_EARLY },
	{ "left without a word", { .ready = true }, DEATH_EARLY },
	{ "in a session", { .ready = true, .served = true, .failed = true }, DEATH_CRASH },
	{ "in its last session", { .ready = true, .served = true, .retired = true, .failed = true }, DEATH_CRASH },
	{ "after sessions, content", { .ready = true, .served = true }, DEATH_FINE },
};

static void
deaths(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(lives) / sizeof(*lives); i++) {
		print_message("# %s\n", lives[i].what);
		assert_int_equal(decide_death(&lives[i].life), lives[i].want);
	}
}

static const struct {
	const char *what;
	enum death death;
	long early, want;
} delays[] = {
	{ "a crash in work is no reason to wait", DEATH_CRASH, 0, 0 },
	{ "nor is an ordinary end", DEATH_FINE, 5, 0 },
	{ "a start-up failure is", DEATH_START, 1, 60000 },
	{ "one early end is forgiven", DEATH_EARLY, 1, 0 },
	{ "two are", DEATH_EARLY, 2, 0 },
	{ "then it takes longer", DEATH_EARLY, 3, 1000 },
	{ "and longer", DEATH_EARLY, 4, 2000 },
	{ "and longer still", DEATH_EARLY, 8, 32000 },
	{ "but not for ever", DEATH_EARLY, 9, 60000 },
	{ "whatever happens", DEATH_EARLY, 1000000, 60000 },
};

static void
restarts(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(delays) / sizeof(*delays); i++) {
		print_message("# %s\n", delays[i].what);
		assert_int_equal(decide_delay(delays[i].death, delays[i].early, 60000), delays[i].want);
	}
}

static void
care(void **state)
{
	(void)state;
	assert_int_equal(decide_careful_until(0, 1000), 0);
	assert_true(decide_careful_until(1000, 2000) > 2000);
	assert_int_equal(decide_careful_until(1000, 1000 + 300000), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(the_maxproc_column), cmocka_unit_test(shares_and_wishes),
		cmocka_unit_test(growth), cmocka_unit_test(deaths), cmocka_unit_test(restarts),
		cmocka_unit_test(care) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
