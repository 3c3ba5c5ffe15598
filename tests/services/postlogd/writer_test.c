/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/base/buf.h"
#include "lib/io/file.h"
#include "services/postlogd/writer.h"
#include "tests/support/test.h"

#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct {
	const char *what, *bytes;
	size_t n;
	const char *want; /* behind the stamp; NULL: no line at all */
} cases[] = {
	{ "a line", "postfix/smtpd[1]: hello", 23, "postfix/smtpd[1]: hello\n" },
	{ "without its ends", "hello\r\n\n\0", 9, "hello\n" },
	{ "nothing", "", 0, NULL },
	{ "nothing but ends", "\n\0\r", 3, NULL },
	{ "line breaks within do not make lines", "one\nfake: two\rthree", 19, "one?fake: two?three\n" },
	{ "nor does a NUL end it", "one\0two", 7, "one?two\n" },
	{ "control characters", "a\x1b[31m\x7f", 7, "a?[31m?\n" },
	{ "no terminator", "abc", 2, "ab\n" },
	{ "format characters", "%s%n", 4, "%s%n\n" },
};

static char *
written(int fd)
{
	struct stat st;
	char *text;

	assert_int_equal(fstat(fd, &st), 0);
	text = calloc(1, (size_t)st.st_size + 1);
	assert_true(file_pread_all(fd, text, (size_t)st.st_size, 0));
	return text;
}

static void
datagrams_become_lines(void **state)
{
	(void)state;
	setenv("TZ", "UTC", 1);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		int fd = memfd_create("log", MFD_CLOEXEC), copy = dup(fd);
		struct writer *w = writer_new(copy, "host");
		char *text;

		print_message("# %s\n", cases[i].what);
		writer_datagram(w, cases[i].bytes, cases[i].n, 86400 * 1000000L);
		assert_true(writer_flush(w, LONG_MAX));
		text = written(fd);
		if (cases[i].want == NULL) {
			assert_string_equal(text, "");
		} else {
			assert_int_equal(strncmp(text, "Jan  2 00:00:00 host ", 21), 0);
			assert_string_equal(text + 21, cases[i].want);
		}
		free(text);
		writer_free(&w);
		close(fd);
	}
}

/* Every size from nothing to the largest datagram. */
static void
any_size(void **state)
{
	static char bytes[65536];
	int fd = memfd_create("log", MFD_CLOEXEC);
	struct writer *w = writer_new(dup(fd), "h");
	size_t lines = 0, total = 0;
	char *text;

	(void)state;
	memset(bytes, 'x', sizeof(bytes));
	for (size_t n = 0; n <= sizeof(bytes); n = n < 64 ? n + 1 : n + 4093)
		writer_datagram(w, bytes, n, 1), total++;
	writer_datagram(w, bytes, sizeof(bytes), 1);
	assert_true(writer_flush(w, LONG_MAX));
	text = written(fd);
	for (char *at = text, *end; *at != '\0'; at = end + 1, lines++) {
		assert_non_null(end = strchr(at, '\n'));
		assert_true(end - at <= WRITER_LINE_MOST + 40);
	}
	assert_int_equal(lines, total); /* the empty one is none, the last one is one more */
	assert_int_equal(writer_lost(w), 0);
	free(text);
	writer_free(&w);
	close(fd);
}

/* What several processes say comes late and mixed, and is told in the order in which it happened. */
static void
lines_get_into_order(void **state)
{
	static const char first[] = "\00186399999990\001a2\n\00186399999999\001a3\n",
			  second[] = "\00186399999980\001b1\n\00186399999990\001b2\n",
			  future[] = "\001986400000000\001not yet\n\0015\001long ago\n";
	int fd = memfd_create("log", MFD_CLOEXEC);
	struct writer *w = writer_new(dup(fd), "h");
	char *text;

	(void)state;
	setenv("TZ", "UTC", 1);
	writer_datagram(w, first, sizeof(first) - 1, 86400000000);
	writer_datagram(w, second, sizeof(second) - 1, 86400000000);
	writer_datagram(w, "no time", 7, 86400000000);
	writer_datagram(w, future, sizeof(future) - 1, 86400000001);
	assert_true(writer_flush(w, 86399999990));
	assert_true(writer_waits(w));
	text = written(fd);
	assert_string_equal(text, "Jan  1 23:59:59 h b1\nJan  1 23:59:59 h a2\nJan  1 23:59:59 h b2\n");
	free(text);
	assert_true(writer_flush(w, LONG_MAX));
	assert_false(writer_waits(w));
	text = written(fd);
	assert_string_equal(strstr(text, "b2\n") + 3,
	    "Jan  1 23:59:59 h a3\nJan  2 00:00:00 h no time\nJan  2 00:00:00 h not yet\nJan  2 00:00:00 h long "
	    "ago\n");
	free(text);
	writer_free(&w);
	close(fd);
}

/* More than there is room for is written early, and none of it is lost. */
static void
a_flood_is_written(void **state)
{
	int fd = memfd_create("log", MFD_CLOEXEC);
	struct writer *w = writer_new(dup(fd), "h");
	size_t lines = 0;
	char *text;

	(void)state;
	for (int i = 0; i < 40000; i++)
		writer_datagram(w, "a line of forty bytes, more or less or so", 41, 1000 + i);
	assert_true(writer_flush(w, LONG_MAX));
	assert_int_equal(writer_lost(w), 0);
	text = written(fd);
	for (const char *at = text; (at = strchr(at, '\n')) != NULL; at++)
		lines++;
	assert_int_equal(lines, 40000);
	free(text);
	writer_free(&w);
	close(fd);
}

static void
a_full_disk_is_counted(void **state)
{
	struct writer *w = writer_new(open("/dev/full", O_WRONLY | O_CLOEXEC), "h");

	(void)state;
	writer_datagram(w, "a", 1, 1);
	writer_datagram(w, "b", 1, 1);
	assert_false(writer_flush(w, LONG_MAX));
	assert_int_equal(writer_lost(w), 2);
	assert_true(writer_flush(w, LONG_MAX)); /* nothing waits any more */
	writer_free(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(datagrams_become_lines), cmocka_unit_test(any_size),
		cmocka_unit_test(lines_get_into_order), cmocka_unit_test(a_flood_is_written),
		cmocka_unit_test(a_full_disk_is_counted) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
