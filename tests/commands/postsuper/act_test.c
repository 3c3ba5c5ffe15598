/* SPDX-License-Identifier: Apache-2.0 */
/* postsuper with the queue's lock in its hand, and before a qmgr that is made up. */
#include "commands/postsuper/postsuper.h"

#include "lib/base/log.h"
#include "tests/lib/mail/queue_sample.h"
#include "tests/support/fakes.h"

#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>

static char folder[QUEUE_FOLDER];
static const struct conf cf = { .queue_service_name = "qmgr",
	.cleanup_service_name = "cleanup",
	.hash_queue_names = "deferred",
	.hash_queue_depth = 1 };
static struct buf logged = BUF(1 << 16);

static bool
keep_line(enum log_level level, const char *line)
{
	(void)level;
	buf_puts(&logged, line);
	buf_putc(&logged, '\n');
	return true;
}

static int
begin(void **state)
{
	(void)state;
	buf_clear(&logged);
	log_open("test", "postsuper", keep_line);
	queue_folder_make(folder);
	return 0;
}

static int
end(void **state)
{
	(void)state;
	queue_folder_remove(folder);
	return 0;
}

static struct super
opened(unsigned places)
{
	struct super s = { .cf = &cf, .places = places };

	queuedir_init(&s.dirs, &cf);
	super_open(&s);
	return s;
}

static void
closed(struct super *s)
{
	ipc_free(&s->qmgr);
	if (s->lock >= 0)
		close(s->lock);
}

static void
alone_with_the_queue(void **state)
{
	char a[QUEUEID_MAX], b[QUEUEID_MAX], c[QUEUEID_MAX];
	struct super s = opened(0);

	(void)state;
	assert_null(s.qmgr);
	assert_true(s.lock >= 0);
	put_letter(QUEUE_DEFERRED, &(struct letter){ .to = TO("x.example") }, a);
	put_letter(QUEUE_ACTIVE, &(struct letter){ .to = TO("x.example") }, b);
	put_letter(QUEUE_CORRUPT, &(struct letter){ .to = TO("x.example") }, c);
	assert_int_equal(super_act(&s, ACT_HOLD, a), SUPER_DONE);
	assert_int_equal(super_act(&s, ACT_HOLD, a), SUPER_ABSENT);
	assert_int_equal(super_act_all(&s, ACT_HOLD), 1);
	assert_int_equal(files_in(QUEUE_HOLD), 2);
	assert_int_equal(super_act_all(&s, ACT_RELEASE), 2);
	assert_int_equal(files_in(QUEUE_DEFERRED), 2);
	s.places = 1u << QUEUE_ACTIVE;
	assert_int_equal(super_act_all(&s, ACT_DELETE), 0);
	s.places = 1u << QUEUE_DEFERRED | 1u << QUEUE_CORRUPT;
	assert_int_equal(super_act(&s, ACT_DELETE, c), SUPER_DONE);
	assert_int_equal(super_act_all(&s, ACT_DELETE), 2);
	assert_false(s.failed);
	closed(&s);
}

/* Deleting fails while there is a file "stuck", or once for a file "stuck_once". */
static bool
is_stuck(const struct qmgr_admin *ask)
{
	return strcmp(ask->action, "delete") == 0 && (exists("stuck") || unlink("stuck_once") == 0);
}

/* A qmgr that says yes, and writes down what it was asked. */
static pid_t
made_up_qmgr(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX, .sun_path = "public/qmgr" };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	pid_t pid;

	unlink(a.sun_path);
	assert_true(bind(fd, (struct sockaddr *)&a, sizeof(a)) == 0 && listen(fd, 5) == 0);
	if ((pid = fork()) == 0) {
		struct ipc *i = ipc_serve(conn_new(accept(fd, NULL, NULL)), &qmgr_protocol);
		struct arena mem = ARENA(1 << 16);
		struct qmgr_admin ask;

		alarm(20);
		while (qmgr_admin_read(i, &mem, &ask)) {
			bool stuck = is_stuck(&ask), busy = exists("busy");
			bool ok = !stuck && !busy && strcmp(ask.queue_id, "4bQnone") != 0;
			FILE *f = fopen("asked", "a");
			struct acted acted;

			fprintf(f, "%s %s in %s\n", ask.action, ask.queue_id, ask.queues);
			fclose(f);
			/* What comes next must find the file where it belongs. */
			if (strcmp(ask.action, "aside") == 0 && !busy)
				queue_act(&(struct queuedir){ .depth = { [QUEUE_DEFERRED] = 1 } }, ACT_ASIDE, ~0u,
				    ask.queue_id, &acted);
			if (strcmp(ask.action, "delete") == 0 && !stuck)
				queue_act(&(struct queuedir){ .depth = { [QUEUE_DEFERRED] = 1 } }, ACT_DELETE,
				    1u << QUEUE_HOLD, ask.queue_id, &acted);
			qmgr_answer_send(i,
			    &(struct qmgr_answer){ .ok = ok,
				.text = ok ? "done"
					   : act_result_text(stuck ? ACT_FAILED
						     : busy	   ? ACT_BUSY
								   : ACT_ABSENT),
				.count = ok ? 7 : 0 });
			ipc_flush(i);
		}
		_exit(0);
	}
	close(fd);
	return pid;
}

static void
qmgr_is_asked(void **state)
{
	pid_t pid = made_up_qmgr();
	struct super s = opened(0);
	char corrupt[QUEUEID_MAX];
	struct buf asked = BUF(1 << 16);

	(void)state;
	assert_non_null(s.qmgr);
	assert_int_equal(s.lock, -1);
	assert_int_equal(super_act(&s, ACT_DELETE, "4bQsome"), SUPER_DONE);
	assert_int_equal(super_act(&s, ACT_HOLD, "4bQnone"), SUPER_ABSENT);
	assert_int_equal(super_act_all(&s, ACT_RELEASE), 7);
	/* corrupt/ and maildrop/ are no business of qmgr's. */
	put_letter(QUEUE_CORRUPT, &(struct letter){ .to = TO("x.example") }, corrupt);
	s.places = 1u << QUEUE_CORRUPT;
	assert_int_equal(super_act(&s, ACT_DELETE, corrupt), SUPER_DONE);
	assert_int_equal(files_in(QUEUE_CORRUPT), 0);
	s.places = 1u << QUEUE_DEFERRED | 1u << QUEUE_HOLD;
	assert_int_equal(super_act(&s, ACT_EXPIRE, "4bQsome"), SUPER_DONE);
	closed(&s);
	waitpid(pid, NULL, 0);
	assert_true(file_read(AT_FDCWD, "asked", &asked));
	assert_string_equal(buf_str(&asked),
	    "delete 4bQsome in incoming active deferred hold \n"
	    "hold 4bQnone in incoming active deferred \n"
	    "release ALL in hold \n"
	    "expire 4bQsome in deferred hold \n");
	buf_free(&asked);
}

/* The strings of the fake cleanup up to its commit, one a line. */
static void
told(struct fake *f, struct buf *out)
{
	const char *s;

	while ((s = fake_next(f, 5000)) != NULL) {
		buf_fmt(out, "%s\n", s);
		if (strncmp(s, "cleanup_commit", 14) == 0 || strcmp(s, "gone") == 0)
			return;
	}
}

static void
requeued(void **state)
{
	struct fake *f = fake_cleanup_start("public/cleanup", "");
	pid_t pid = made_up_qmgr();
	struct super s = opened(0);
	struct arena mem = ARENA(1 << 16);
	struct verdict why = VERDICT(&mem);
	struct buf all = BUF(1 << 16);
	char id[QUEUEID_MAX];
	const char *content;
	struct qfile *q;
	size_t len;

	(void)state;
	put_letter(QUEUE_DEFERRED, &(struct letter){ .to = TO("a.example", "b.example", "c.example") }, id);
	q = open_letter_for(QUEUE_DEFERRED, id, QFILE_WRITE);
	assert_true(qfile_mark(q, 1, SLOT_DELIVERED, 0, NULL, &why));
	qfile_free(&q);
	assert_int_equal(super_requeue(&s, id), SUPER_DONE);
	told(f, &all);
	assert_non_null(strstr(buf_str(&all), "sender=from@sender.example"));
	assert_non_null(strstr(buf_str(&all), "u0@a.example"));
	assert_null(strstr(buf_str(&all), "u1@b.example")); /* has it already */
	assert_non_null(strstr(buf_str(&all), "u2@c.example"));
	assert_int_equal(fake_committed(f), 1);
	content = fake_content(f, &len);
	assert_int_equal(len, strlen("Subject: x\r\n\r\nhello\r\n"));
	assert_memory_equal(content, "Subject: x\r\n\r\nhello\r\n", len);
	assert_int_equal(files_in(QUEUE_HOLD) + files_in(QUEUE_DEFERRED), 0);
	closed(&s);
	waitpid(pid, NULL, 0);
	assert_int_equal(count("asked", "aside"), 1);
	assert_int_equal(count("asked", "delete"), 1);
	fake_stop(&f);
	buf_free(&all);
	arena_free(&mem);
}

/* What was entered anew, and is on hold still, would come twice: it goes at the second attempt, or somebody hears of it. */
static void
the_old_one_stays(void **state)
{
	static const struct {
		const char *trouble;
		int deletes, held;
	} cases[] = { { "stuck_once", 2, 0 }, { "stuck", 3, 1 } };

	(void)state;
	for (size_t i = 0; i < NITEMS(cases); i++) {
		struct fake *f = fake_cleanup_start("public/cleanup", "");
		pid_t pid = made_up_qmgr();
		struct super s = opened(0);
		char id[QUEUEID_MAX];

		unlink("asked");
		close(open(cases[i].trouble, O_CREAT | O_WRONLY, 0600));
		put_letter(QUEUE_DEFERRED, &(struct letter){ .to = TO("a.example") }, id);
		assert_int_equal(super_requeue(&s, id), SUPER_DONE);
		assert_int_equal(s.failed, cases[i].held > 0);
		assert_int_equal(strstr(buf_str(&logged), "still on hold") != NULL, cases[i].held > 0);
		closed(&s);
		waitpid(pid, NULL, 0);
		assert_int_equal(count("asked", "delete"), cases[i].deletes);
		assert_int_equal(count("asked", "release"), 0);
		assert_int_equal(files_in(QUEUE_HOLD), cases[i].held);
		fake_stop(&f);
	}
}

static void
cleanup_refuses(void **state)
{
	struct fake *f = fake_cleanup_start("public/cleanup", "done 451 4.3.0 no room");
	pid_t pid = made_up_qmgr();
	struct super s = opened(0);
	char id[QUEUEID_MAX];

	(void)state;
	put_letter(QUEUE_DEFERRED, &(struct letter){ .to = TO("a.example") }, id);
	assert_int_equal(super_requeue(&s, id), SUPER_FAILED);
	assert_true(s.failed);
	assert_non_null(strstr(buf_str(&logged), "cannot be requeued"));
	closed(&s);
	waitpid(pid, NULL, 0);
	/* It is still there, and released again. */
	assert_int_equal(files_in(QUEUE_HOLD), 1);
	assert_int_equal(count("asked", "delete"), 0);
	assert_int_equal(count("asked", "release"), 1);
	fake_stop(&f);
}

/* Beside deliveries there is always one that an agent has just now. */
static void
all_but_what_an_agent_has(void **state)
{
	pid_t pid = made_up_qmgr();
	struct super s = opened(0);
	char id[QUEUEID_MAX];

	(void)state;
	put_letter(QUEUE_ACTIVE, &(struct letter){ .to = TO("a.example") }, id);
	close(open("busy", O_CREAT | O_WRONLY, 0600));
	assert_int_equal(super_requeue_all(&s), 0);
	assert_false(s.failed);
	assert_non_null(strstr(buf_str(&logged), "it is being received or delivered just now"));
	assert_int_equal(super_requeue(&s, id), SUPER_BUSY);
	closed(&s);
	waitpid(pid, NULL, 0);
	assert_int_equal(files_in(QUEUE_ACTIVE), 1);
}

/* The queue manager has put it aside, and somebody has taken it away from there. */
static void
taken_away_meanwhile(void **state)
{
	pid_t pid = made_up_qmgr();
	struct super s = opened(0);

	(void)state;
	assert_int_equal(super_requeue(&s, "4bQsome"), SUPER_FAILED);
	assert_true(s.failed);
	assert_non_null(strstr(buf_str(&logged), "4bQsome: cannot be requeued: it is not in hold/"));
	closed(&s);
	waitpid(pid, NULL, 0);
	assert_int_equal(count("asked", "delete"), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(alone_with_the_queue, begin, end),
		cmocka_unit_test_setup_teardown(qmgr_is_asked, begin, end),
		cmocka_unit_test_setup_teardown(requeued, begin, end),
		cmocka_unit_test_setup_teardown(the_old_one_stays, begin, end),
		cmocka_unit_test_setup_teardown(cleanup_refuses, begin, end),
		cmocka_unit_test_setup_teardown(all_but_what_an_agent_has, begin, end),
		cmocka_unit_test_setup_teardown(taken_away_meanwhile, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
