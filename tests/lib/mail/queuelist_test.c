/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/mail/queuelist.h"

#include "lib/base/log.h"
#include "lib/mail/maildrop.h"
#include "tests/lib/mail/queue_sample.h"

static char folder[QUEUE_FOLDER];

static bool
quiet(enum log_level level, const char *line)
{
	(void)level, (void)line;
	return true;
}

static int
begin(void **state)
{
	(void)state;
	log_open("test", "list", quiet);
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

/* What came, as text: "queue id sender n" and "  address reason" lines. */
struct seen {
	struct buf text;
	long messages, rcpts, wanted, stop_after;
	const char *mark; /* a message whose recipients are delivered while it is listed */
};

static bool
see_message(void *ctx, const struct showq_message *m)
{
	struct seen *s = ctx;

	assert_int_equal(s->wanted, s->rcpts); /* all of the last one have come */
	s->messages++;
	s->wanted += m->nrcpt;
	buf_fmt(&s->text, "%s %s <%s> %ld %ld%s%s\n", m->queue, m->queue_id, m->sender, m->nrcpt, m->size,
	    m->next_attempt > 0 ? " waits" : "", m->forced_expire ? " expired" : "");
	if (s->mark != NULL && strcmp(s->mark, m->queue_id) == 0) {
		struct arena mem = ARENA(1 << 16);
		struct verdict why = VERDICT(&mem);
		struct qfile *q = open_letter_for(QUEUE_ACTIVE, m->queue_id, QFILE_WRITE);

		for (size_t i = 0; i < qfile_nrcpts(q); i++)
			assert_true(qfile_mark(q, i, SLOT_DELIVERED, 0, NULL, &why));
		qfile_free(&q);
		arena_free(&mem);
	}
	return s->messages != s->stop_after;
}

static bool
see_rcpt(void *ctx, const struct showq_rcpt *r)
{
	struct seen *s = ctx;

	s->rcpts++;
	buf_fmt(&s->text, "  %s%s%s\n", r->address, r->reason[0] != '\0' ? ": " : "", r->reason);
	return true;
}

static bool
list(struct seen *s, const char *id)
{
	s->text.max = 1 << 20;
	return queue_list(id, &(struct queue_lister){ see_message, see_rcpt, s });
}

static void
drop_file(const char *path, const char *sender, mode_t mode)
{
	struct buf b = BUF(4096);
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);

	maildrop_put(
	    &b, submission_mail_msg(), &(struct submission_mail){ .version = MAILDROP_VERSION, .sender = sender });
	maildrop_put(&b, submission_rcpt_msg(), &(struct submission_rcpt){ .address = "d@drop.example" });
	maildrop_put_end(&b, 6, 0);
	buf_puts(&b, "hello\n");
	assert_true(fd >= 0 && file_write_all(fd, b.s, b.len));
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
	buf_free(&b);
}

static void
all_queues(void **state)
{
	struct arena mem = ARENA(1 << 16);
	struct verdict why = VERDICT(&mem);
	char in[QUEUEID_MAX], act[QUEUEID_MAX], def[QUEUEID_MAX], held[QUEUEID_MAX], bad[QUEUEID_MAX], wanted[4096],
	    path[QUEUE_PATH];
	struct history h = {
		.code = 451, .dsn = "4.4.1", .action = "delayed", .text = "refused", .mta = "", .diag = ""
	};
	struct seen s = { .mark = NULL };
	struct qfile *q;

	(void)state;
	put_letter(QUEUE_INCOMING, &(struct letter){ .to = TO("in.example") }, in);
	put_letter(QUEUE_ACTIVE, &(struct letter){ .to = TO("act.example"), .sender = "" }, act);
	put_letter(
	    QUEUE_DEFERRED, &(struct letter){ .to = TO("a.example", "b.example", "c.example", "d.example") }, def);
	put_letter(QUEUE_HOLD, &(struct letter){ .to = TO("held.example") }, held);
	put_letter(QUEUE_ACTIVE, &(struct letter){ .to = TO("bad.example") }, bad);
	snprintf(path, sizeof(path), "active/%s", bad);
	assert_int_equal(truncate(path, 90), 0);
	q = open_letter_for(QUEUE_DEFERRED, def, QFILE_WRITE);
	assert_true(qfile_mark(q, 0, SLOT_DELIVERED, 0, NULL, &why));
	assert_true(qfile_mark(q, 1, SLOT_OPEN, 0, &h, &why));
	assert_true(qfile_mark(q, 2, SLOT_FAILED, SLOT_NOTICE_OWED, &h, &why));
	assert_true(qfile_mark(q, 3, SLOT_NOTIFIED, 0, &h, &why));
	qfile_free(&q);
	q = open_letter_for(QUEUE_HOLD, held, QFILE_WRITE);
	assert_true(qfile_set_forced_expire(q, &why));
	qfile_free(&q);
	drop_file("maildrop/4bQready", "me@drop.example", MAILDROP_READY);
	drop_file("maildrop/4bQgrows", "me@drop.example", MAILDROP_GROWING);
	assert_int_equal(symlink("4bQready", "maildrop/4bQlink"), 0);
	assert_int_equal(mkfifo("maildrop/4bQfifo", 0700), 0);

	assert_true(list(&s, ""));
	snprintf(wanted, sizeof(wanted),
	    "maildrop 4bQready <me@drop.example> 1 %ld\n  d@drop.example\n"
	    "incoming %s <from@sender.example> 1 21\n  u0@in.example\n"
	    "active %s <> 1 21\n  u0@act.example\n"
	    "deferred %s <from@sender.example> 2 21 waits\n  u1@b.example: refused\n  u2@c.example: refused\n"
	    "hold %s <from@sender.example> 1 21 expired\n  u0@held.example\n",
	    (long)({
		    struct stat st;
		    stat("maildrop/4bQready", &st);
		    st.st_size;
	    }),
	    in, act, def, held);
	assert_string_equal(buf_str(&s.text), wanted);
	assert_int_equal(s.wanted, s.rcpts);
	buf_free(&s.text);

	s = (struct seen){ .mark = NULL };
	assert_true(list(&s, act));
	assert_int_equal(s.messages, 1);
	buf_free(&s.text);
	s = (struct seen){ .stop_after = 2 };
	assert_false(list(&s, ""));
	assert_int_equal(s.messages, 2);
	buf_free(&s.text);
	arena_free(&mem);
}

/* qmgr delivers while we read: what was announced comes all the same. */
static void
as_many_as_announced(void **state)
{
	char id[QUEUEID_MAX];
	struct seen s = { .mark = id };

	(void)state;
	put_letter(QUEUE_ACTIVE, &(struct letter){ .to = TO("many.example"), .many = 300 }, id);
	assert_true(list(&s, ""));
	assert_int_equal(s.messages, 1);
	assert_int_equal(s.rcpts, 300);
	buf_free(&s.text);
	s = (struct seen){ .mark = NULL };
	assert_true(list(&s, ""));
	assert_int_equal(s.rcpts, 0);
	buf_free(&s.text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(all_queues, begin, end),
		cmocka_unit_test_setup_teardown(as_many_as_announced, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
