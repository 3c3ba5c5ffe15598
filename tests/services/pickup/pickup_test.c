/* SPDX-License-Identifier: Apache-2.0 */
/* What users put into maildrop/, and what becomes of it. */
#include "tests/services/pickup/place.h"

static void
a_message_goes_its_way(void **state)
{
	struct place p;

	(void)state;
	place_open(&p, NULL);
	start_cleanup(&p);
	DROP("From me Tue\nSubject: hi\n\nbody\nlast");
	scan(&p);
	assert_int_equal(count("maildrop"), 0);
	assert_true(pickup_removed(p.pickup) && !pickup_removed(p.pickup));
	pickup_free(&p.pickup);
	stop_cleanup(&p);
	assert_int_equal(p.committed, 1);
	assert_string_equal(p.sender, "me");
	assert_string_equal(p.full_name, "Full Name");
	assert_string_equal(p.rcpts, "joe jane ");
	assert_int_equal(p.uid, getuid());
	assert_int_equal(p.arrival, 7000000);
	assert_true(p.rewrite);
	assert_string_equal(buf_str(&p.content), "Subject: hi\r\n\r\nbody\r\nlast");
	place_close(&p);
}

/* Of ordinary size: told to its end without a word from cleanup.  Larger ones are begun when cleanup has answered. */
static void
told_at_once(void **state)
{
	struct buf large = BUF(1 << 20);

	(void)state;
	buf_puts(&large, "Subject: hi\n\n");
	for (int i = 0; i < 3000; i++)
		buf_puts(&large, "some forty bytes, again and again and so\n");
	for (int silent = 0; silent < 2; silent++) {
		struct place p;

		place_open(&p, NULL);
		p.silent = silent;
		start_cleanup(&p);
		DROP(silent ? "Subject: hi\n\nbody\n" : buf_str(&large));
		scan(&p);
		assert_int_equal(count("maildrop"), 0);
		pickup_free(&p.pickup);
		stop_cleanup(&p);
		assert_int_equal(p.committed, 1);
		assert_int_equal(p.content.len, silent ? 21 : large.len + 3002);
		place_close(&p);
	}
	buf_free(&large);
}

static void
answers(void **state)
{
	static const struct {
		int code, dies, left, corrupt;
	} cases[] = { { 250, 0, 0, 0 }, { 451, 0, 1, 0 }, { 554, 0, 0, 1 }, { 250, 1, 1, 0 }, { 250, 2, 1, 0 },
		{ 250, 3, 1, 0 } };

	(void)state;
	for (size_t i = 0; i < NITEMS(cases); i++) {
		struct place p;

		place_open(&p, NULL);
		p.code = cases[i].code;
		p.dies = cases[i].dies;
		start_cleanup(&p);
		DROP("Subject: hi\n\nbody\n");
		scan(&p);
		assert_int_equal(count("maildrop"), cases[i].left);
		assert_int_equal(count("corrupt"), cases[i].corrupt);
		pickup_free(&p.pickup);
		stop_cleanup(&p);
		place_close(&p);
	}
}

static void
what_is_no_submission(void **state)
{
	static const char text[] = "Subject: hi\n\nbody\n";
	struct place p;
	const char *name;
	int fd;

	(void)state;
	place_open(&p, "message_size_limit=1000");
	start_cleanup(&p);
	/* Cut short, longer than it says, not finished, rubbish, empty, too large. */
	drop("me", text, 5, MAILDROP_READY);
	name = DROP(text);
	fd = open(name, O_WRONLY | O_APPEND);
	assert_true(write(fd, "more", 4) == 4 && close(fd) == 0);
	name = DROP(text);
	fd = open(name, O_WRONLY);
	assert_true(pwrite(fd, "S", 1, 3) == 1 && close(fd) == 0);
	name = drop("me\nEvil: x", text, strlen(text), MAILDROP_READY);
	assert_int_equal(close(open("maildrop/4g9xQs2k1Rz3B0", O_CREAT | O_WRONLY, 0700)), 0);
	fd = open("maildrop/4g9xQs2k1Rz3B1", O_CREAT | O_WRONLY, 0700);
	for (int i = 0; i < 100; i++)
		assert_int_equal(write(fd, "rubbish without end ", 20), 20);
	close(fd);
	/* Names. */
	assert_int_equal(close(open("maildrop/a name\nwith=a line end", O_CREAT | O_WRONLY, 0700)), 0);
	assert_int_equal(close(open("maildrop/-rf", O_CREAT | O_WRONLY, 0700)), 0);
	/* Kinds. */
	assert_int_equal(symlink("/etc/passwd", "maildrop/4g9xQs2k1Rz3B2"), 0);
	assert_int_equal(mkfifo("maildrop/4g9xQs2k1Rz3B3", 0700), 0);
	assert_int_equal(mkdir("maildrop/4g9xQs2k1Rz3B4", 0700), 0);
	/* A second name. */
	name = DROP(text);
	assert_int_equal(link(name, "elsewhere"), 0);
	scan(&p);
	assert_int_equal(count("maildrop"), 0);
	assert_int_equal(count("corrupt"), 12);
	/* And what is good still gets through. */
	DROP(text);
	scan(&p);
	assert_int_equal(count("maildrop"), 0);
	pickup_free(&p.pickup);
	stop_cleanup(&p);
	assert_int_equal(p.committed, 1);
	unlink("elsewhere");
	place_close(&p);
}

static void
not_ready(void **state)
{
	static const char text[] = "Subject: hi\n\nbody\n";
	struct place p;

	(void)state;
	place_open(&p, NULL);
	start_cleanup(&p);
	drop("me", text, 3, MAILDROP_GROWING);
	scan(&p);
	assert_int_equal(count("maildrop"), 1);
	assert_int_equal(count("corrupt"), 0);
	pickup_free(&p.pickup);
	stop_cleanup(&p);
	assert_int_equal(p.began, 0);
	place_close(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_message_goes_its_way),
		cmocka_unit_test(told_at_once),
		cmocka_unit_test(answers),
		cmocka_unit_test(what_is_no_submission),
		cmocka_unit_test(not_ready),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
