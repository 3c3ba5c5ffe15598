/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/mail/queueahead.h"

#include "lib/base/log.h"
#include "tests/lib/mail/queue_sample.h"

#include <dirent.h>

enum { MANY = QUEUEAHEAD_FEW + 3 * QUEUEAHEAD_BATCH + 5 };

static char folder[QUEUE_FOLDER];
static char (*ids)[QUEUEID_MAX]; /* as queuescan finds them */

static bool
quiet(enum log_level level, const char *line)
{
	(void)level, (void)line;
	return true;
}

/* Many names of one file are many messages, as far as a reader can tell. */
static int
begin(void **state)
{
	struct queuescan_found f;
	struct queuescan *s;
	char id[QUEUEID_MAX], from[QUEUE_PATH], path[QUEUE_PATH];
	size_t n = 0;

	(void)state;
	log_open("test", "ahead", quiet);
	queue_folder_make(folder);
	put_letter(QUEUE_HOLD, &(struct letter){ .to = TO("a.example") }, id);
	snprintf(from, sizeof(from), "hold/%s", id);
	for (int i = 0; i < MANY; i++) {
		snprintf(path, sizeof(path), "hold/4bQ%05dz1", i);
		assert_int_equal(link(from, path), 0);
	}
	assert_int_equal(unlink(from), 0);
	ids = calloc(MANY, sizeof(*ids));
	for (s = queuescan_open(QUEUE_HOLD); queuescan_next(s, &f) && n < MANY; n++)
		memcpy(ids[n], f.id, sizeof(ids[n]));
	queuescan_free(&s);
	assert_int_equal(n, MANY);
	return 0;
}

static int
end(void **state)
{
	(void)state;
	free(ids);
	queue_folder_remove(folder);
	return 0;
}

static int
descriptors(void)
{
	DIR *d = opendir("/proc/self/fd");
	int n = 0;

	assert_non_null(d);
	while (readdir(d) != NULL)
		n++;
	closedir(d);
	return n;
}

/* So many at most; all that came are those of ids, in that order, but for what is damaged.  Gives their number. */
static int
read_some(const char *only, int most)
{
	struct queueahead *a = queueahead_open(QUEUE_HOLD, only);
	int before = descriptors(), came = 0, at = 0;
	struct queueahead_file f;

	while (came < most && queueahead_next(a, &f)) {
		while (at < MANY && strcmp(ids[at], f.id) != 0)
			at++;
		assert_true(at < MANY);
		assert_int_equal(qfile_nrcpts(f.file), 1);
		assert_true(descriptors() - before <= QUEUEAHEAD_OPEN + 1);
		qfile_free(&f.file);
		came++;
	}
	assert_true(came == most || !queueahead_next(a, &f)); /* the end stays the end */
	queueahead_free(&a);
	assert_null(a);
	return came;
}

static void
all_in_order(void **state)
{
	(void)state;
	assert_int_equal(read_some("", MANY + 1), MANY);
}

static void
damaged_are_left_out(void **state)
{
	static const int which[] = { 0, QUEUEAHEAD_FEW, QUEUEAHEAD_FEW + QUEUEAHEAD_BATCH - 1, MANY - 1 };
	char path[QUEUE_PATH];

	(void)state;
	for (size_t i = 0; i < NITEMS(which); i++) {
		snprintf(path, sizeof(path), "hold/%s", ids[which[i]]);
		assert_int_equal(unlink(path), 0);
		assert_int_equal(symlink("/etc/passwd", path), 0);
	}
	assert_int_equal(read_some("", MANY + 1), MANY - (int)NITEMS(which));
}

/* A batch that is empty is not the end; and names can end where a batch does. */
static void
whole_batches(void **state)
{
	const int first = QUEUEAHEAD_FEW + QUEUEAHEAD_BATCH, end = QUEUEAHEAD_FEW + 3 * QUEUEAHEAD_BATCH;
	char path[QUEUE_PATH];

	(void)state;
	for (int i = first; i < MANY; i++) {
		if (i == first + QUEUEAHEAD_BATCH)
			i = end;
		snprintf(path, sizeof(path), "hold/%s", ids[i]);
		if (i >= end)
			assert_int_equal(unlink(path), 0);
		else
			assert_int_equal(unlink(path) < 0 || symlink("/etc/passwd", path) < 0, 0);
	}
	assert_int_equal(read_some("", MANY + 1), end - QUEUEAHEAD_BATCH);
}

static void
one_only(void **state)
{
	(void)state;
	assert_int_equal(read_some(ids[MANY - 3], MANY), 1);
	assert_int_equal(read_some("4bQnobodyz1", MANY), 0);
}

/* Who has enough leaves nothing open behind, wherever the threads were. */
static void
enough(void **state)
{
	static const int most[] = { 0, 1, QUEUEAHEAD_FEW, QUEUEAHEAD_FEW + 1, QUEUEAHEAD_FEW + QUEUEAHEAD_BATCH,
		MANY - 1 };
	int before = descriptors();

	(void)state;
	for (size_t i = 0; i < NITEMS(most); i++) {
		assert_int_equal(read_some("", most[i]), most[i]);
		assert_int_equal(descriptors(), before);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(all_in_order, begin, end),
		cmocka_unit_test_setup_teardown(damaged_are_left_out, begin, end),
		cmocka_unit_test_setup_teardown(whole_batches, begin, end),
		cmocka_unit_test_setup_teardown(one_only, begin, end),
		cmocka_unit_test_setup_teardown(enough, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
