/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/mail/queueid.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	long us;
	unsigned long thread;
	const char *id;
} made[] = {
	{ 0, 0, "0000000000z0" },
	{ 1, 1, "0000000001z1" },
	{ 52, 51, "0000000010z10" },
	{ 999999, 50, "00000075plzy" },
	{ 1000000, 2, "0000010000z2" },
	{ 1790000000123456L, 4194304, NULL },
	{ 253402300799999999L, 4294967295UL, NULL }, /* year 9999 */
	{ 9223372036854775807L, 1, NULL },
};

static void
make_and_read_back(void **state)
{
	char id[QUEUEID_MAX], before[QUEUEID_MAX] = "";

	(void)state;
	for (size_t i = 0; i < sizeof(made) / sizeof(made[0]); i++) {
		queueid_make(made[i].us, made[i].thread, id);
		if (made[i].id != NULL)
			assert_string_equal(id, made[i].id);
		assert_true(queueid_ok(id));
		assert_true(queueid_time(id) == made[i].us);
		assert_null(strpbrk(id, "AEIOUaeiou"));
		if (strlen(id) == strlen(before))
			assert_true(strcmp(before, id) < 0);
		snprintf(before, sizeof(before), "%s", id);
	}
}

/* As long as the number of digits is the same, ids sort by time; and so it is until the year 2596. */
static void
sorted_by_time(void **state)
{
	char a[QUEUEID_MAX], b[QUEUEID_MAX];
	long us = 1000000L * 400000000;

	(void)state;
	for (int i = 0; i < 2000; i++) {
		long later = us + 1 + rand() % 2000000000;

		queueid_make(us, (unsigned)rand() % 4194304, a);
		queueid_make(later, (unsigned)rand() % 4194304, b);
		assert_true(strcmp(a, b) < 0);
		us = later;
	}
}

static const struct {
	const char *id;
	bool ok;
	long us;
} read[] = {
	{ "", false, -1 },
	{ "4", true, -1 },
	{ "3F2504E0B1", true, -1 },
	{ "ALL", true, -1 },
	{ "-", false, -1 },
	{ "-d", false, -1 },
	{ ".", false, -1 },
	{ "..", false, -1 },
	{ "../x", false, -1 },
	{ "a/b", false, -1 },
	{ "4g9x.compact", false, -1 },
	{ "4g9x\n", false, -1 },
	{ "4g9x\xc3\xa4", false, -1 },
	{ "0123456789012345678901234567890", true, -1 },   /* 31 */
	{ "01234567890123456789012345678901", false, -1 }, /* 32 */
	{ "0000000000z", true, -1 },			   /* no thread */
	{ "0000000000z0", true, 0 },
	{ "000000000z0", true, -1 },	 /* too short */
	{ "00000A0000z0", true, -1 },	 /* a vowel */
	{ "000000zzzzz0", true, -1 },	 /* more than 999999 microseconds */
	{ "zzzzzzzzz75plz0", true, -1 }, /* more seconds than fit */
	{ "0000000000z0z", true, -1 },
};

static void
whatever_is_given(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(read) / sizeof(read[0]); i++) {
		if (queueid_ok(read[i].id) != read[i].ok || queueid_time(read[i].id) != read[i].us)
			fail_msg("%s: %d %ld", read[i].id, queueid_ok(read[i].id), queueid_time(read[i].id));
	}
}

static void
paths(void **state)
{
	char id[QUEUEID_MAX], path[QUEUEID_MAX + 32];

	(void)state;
	queueid_make(5000000 + 0xABCDE, 7, id);
	queueid_path(id, 0, path, sizeof(path));
	assert_string_equal(path, id);
	queueid_path(id, 1, path, sizeof(path));
	assert_memory_equal(path, "E/", 2);
	assert_string_equal(path + 2, id);
	queueid_path(id, 3, path, sizeof(path));
	assert_memory_equal(path, "E/D/C/", 6);
	queueid_path(id, 16, path, sizeof(path));
	assert_int_equal(strlen(path), 32 + strlen(id));
	queueid_path("3F2504E0B1", 2, path, sizeof(path));
	assert_string_equal(path + 4, "3F2504E0B1");
	assert_true(path[1] == '/' && path[3] == '/');
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(make_and_read_back),
		cmocka_unit_test(sorted_by_time),
		cmocka_unit_test(whatever_is_given),
		cmocka_unit_test(paths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
