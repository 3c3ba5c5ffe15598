/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/cleanup/place.h"

#include <sched.h>
#include <sys/mount.h>

static void
expect(struct place *p, struct ipc *q, const char *id, bool rescan)
{
	struct qmgr_news news;

	if (!qmgr_news_read(q, &p->mem, &news))
		fail_msg("no news: %s", ipc_why(q));
	assert_string_equal(news.queue_id, id);
	assert_int_equal(news.rescan, rescan);
}

static void
tell(struct place *p, const char *id)
{
	struct call *c = news_call(p->shared.news);

	call_tell(c, id);
	news_over(p->shared.news, &c);
}

static void
news_come_and_are_missed(void **state)
{
	struct place p;
	struct ipc *q;
	int listener;

	(void)state;
	place_open(&p, NULL);
	/* Nobody is there: that costs nothing, but the next one says so. */
	tell(&p, "lost1");
	tell(&p, "lost2");
	listener = listen_as_qmgr();
	tell(&p, "one");
	q = answer_call(listener);
	expect(&p, q, "one", true);
	tell(&p, "two");
	expect(&p, q, "two", false);
	/* qmgr goes and comes back. */
	ipc_free(&q);
	tell(&p, "three");
	q = answer_call(listener);
	expect(&p, q, "three", true);
	ipc_free(&q);
	close(listener);
	tell(&p, "lost3");
	place_close(&p);
}

static void
slow_is_heard(void **state)
{
	struct cleanup_done done;
	struct place p;
	struct ipc *i, *q;
	int listener;

	(void)state;
	place_open(&p, NULL);
	listener = listen_as_qmgr();
	i = place_connect(&p);
	place_message(&p, i, "A: 1\r\n\r\n", &done);
	assert_false(done.slow);
	q = answer_call(listener);
	expect(&p, q, done.queue_id, false);
	place_remove(&p, done.queue_id);
	qmgr_slow_send(q, &(struct qmgr_slow){ true });
	ipc_flush(q);
	place_message(&p, i, "A: 1\r\n\r\n", &done);
	assert_true(done.slow);
	expect(&p, q, done.queue_id, false);
	place_remove(&p, done.queue_id);
	qmgr_slow_send(q, &(struct qmgr_slow){ false });
	ipc_flush(q);
	place_message(&p, i, "A: 1\r\n\r\n", &done);
	assert_false(done.slow);
	place_remove(&p, done.queue_id);
	/* What is said by one that is gone does not count. */
	expect(&p, q, done.queue_id, false);
	qmgr_slow_send(q, &(struct qmgr_slow){ true });
	ipc_flush(q);
	ipc_free(&q);
	place_message(&p, i, "A: 1\r\n\r\n", &done);
	place_remove(&p, done.queue_id);
	place_message(&p, i, "A: 1\r\n\r\n", &done);
	assert_false(done.slow);
	place_remove(&p, done.queue_id);
	place_hang_up(&p, &i);
	close(listener);
	place_close(&p);
}

static void
a_qmgr_that_reads_nothing_holds_up_nobody(void **state)
{
	struct qmgr_news news;
	bool rescan = false;
	struct place p;
	struct ipc *q;
	int listener;

	(void)state;
	place_open(&p, NULL);
	listener = listen_as_qmgr();
	for (int n = 0; n < 20000; n++)
		tell(&p, "4g9xQs2k1Rz3Bt");
	q = answer_call(listener);
	ipc_timeout(q, 1);
	/* It reads what there is; the next one admits that some were dropped. */
	for (int n = 0; n < 20000 && !rescan; n++) {
		if (n % 100 == 0)
			tell(&p, "4g9xQs2k1Rz3Bt");
		assert_true(qmgr_news_read(q, &p.mem, &news));
		rescan = news.rescan;
		arena_reset(&p.mem);
	}
	assert_true(rescan);
	ipc_free(&q);
	close(listener);
	place_close(&p);
}

/* A file system of its own, with room for very little. */
static void
a_full_disk(void **state)
{
	struct cleanup_done done;
	struct place p;
	struct buf text = BUF(4 << 20);
	struct ipc *i;

	(void)state;
	place_open(&p, NULL);
	if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("tmpfs", "incoming", "tmpfs", 0, "size=512k") < 0) {
		place_close(&p);
		skip();
	}
	close(p.shared.incoming);
	p.shared.incoming = open("incoming", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	buf_puts(&text, "A: 1\r\n\r\n");
	while (text.len < 2000000)
		buf_puts(&text, "0123456789012345678901234567890123456789\r\n");
	i = place_connect(&p);
	for (int round = 0; round < 3; round++) {
		place_message(&p, i, round < 2 ? buf_str(&text) : "A: 1\r\n\r\nsmall\r\n", &done);
		if (round < 2) {
			assert_int_equal(done.code, 452);
			assert_string_equal(done.dsn, "4.3.1");
			assert_string_equal(done.text, "Insufficient system storage");
			assert_int_equal(place_files(), 0);
		}
	}
	/* There is room again. */
	assert_int_equal(done.code, 250);
	place_remove(&p, done.queue_id);
	/* A header that finds no room in a file, either. */
	buf_clear(&text);
	while (text.len < 2000000)
		buf_puts(&text, "A: 0123456789012345678901234567890123456789\r\n");
	place_message(&p, i, buf_str(&text), &done);
	assert_int_equal(done.code, 452);
	assert_int_equal(place_files(), 0);
	place_hang_up(&p, &i);
	close(p.shared.incoming);
	assert_int_equal(umount2("incoming", MNT_DETACH), 0);
	p.shared.incoming = open("incoming", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	buf_free(&text);
	place_close(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(news_come_and_are_missed),
		cmocka_unit_test(slow_is_heard),
		cmocka_unit_test(a_qmgr_that_reads_nothing_holds_up_nobody),
		cmocka_unit_test(a_full_disk),
	};

	return cmocka_run_group_tests(tests, settings_start, NULL);
}
