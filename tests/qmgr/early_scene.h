/* SPDX-License-Identifier: Apache-2.0 */
/* early_scene - a qmgr and one connection to it, on which the test is cleanup and offers messages before their flush. */
#ifndef TESTS_QMGR_EARLY_SCENE_H
#define TESTS_QMGR_EARLY_SCENE_H

#include "tests/qmgr/suite.h"

#include <sys/file.h>
#include <sys/mman.h>

struct scene {
	struct arena mem;
	struct ipc *i;
	int lock; /* cleanup's, of the file */
	char id[QUEUEID_MAX];
};

static inline void
begin(struct scene *s, const char *main_cf)
{
	struct qmgr_answer answer;

	*s = (struct scene){ .mem = ARENA(1 << 20), .lock = -1 };
	suite_begin(main_cf);
	servant("private/smtp", agent);
	servant("private/rewrite", rewrite);
	servant("private/bounce", bounce);
	qmgr_start();
	s->i = to_qmgr(&s->mem);
	/* Its first look through incoming/ would find what we have not locked yet. */
	do {
		pause_ms(5);
		qmgr_status_send(s->i, &(struct qmgr_status){});
		assert_true(ipc_flush(s->i) && qmgr_answer_read(s->i, &s->mem, &answer));
	} while (strstr(answer.text, "looking") != NULL);
}

static inline void
offer(struct scene *s, const struct letter *l)
{
	char path[QUEUE_PATH];

	write_letter(l, s->id);
	snprintf(path, sizeof(path), "incoming/%s", s->id);
	s->lock = open(path, O_RDWR | O_CLOEXEC);
	assert_true(s->lock >= 0 && flock(s->lock, LOCK_SH) == 0);
	qmgr_pending_send(s->i, &(struct qmgr_pending){ .queue_id = s->id });
	assert_true(ipc_flush(s->i));
}

/* The same in memory; the file that is made of it later lies aside until then. */
static inline void
offer_memory(struct scene *s, const struct letter *l)
{
	char path[QUEUE_PATH];
	int fd = memfd_create("letter", MFD_CLOEXEC);
	struct buf b = BUF(1 << 20);

	write_letter(l, s->id);
	snprintf(path, sizeof(path), "incoming/%s", s->id);
	assert_true(file_read(AT_FDCWD, path, &b) && file_pwrite_all(fd, b.s, b.len, 0));
	assert_int_equal(rename(path, "letter"), 0);
	conn_put_fd(ipc_conn(s->i), fd);
	close(fd);
	buf_free(&b);
	qmgr_pending_send(s->i, &(struct qmgr_pending){ .queue_id = s->id, .in_memory = true });
	assert_true(ipc_flush(s->i));
}

static inline void
make_file(struct scene *s)
{
	char path[QUEUE_PATH];

	snprintf(path, sizeof(path), "incoming/%s", s->id);
	assert_int_equal(rename("letter", path), 0);
}

static inline bool
settled(struct scene *s)
{
	struct qmgr_settled answer;

	if (!qmgr_settled_read(s->i, &s->mem, &answer)) {
		show_log();
		fail_msg("no answer: %s", ipc_why(s->i));
	}
	assert_string_equal(answer.queue_id, s->id);
	return answer.delivered;
}

static inline void
let_go(struct scene *s)
{
	if (s->lock >= 0)
		close(s->lock);
	s->lock = -1;
}

static inline void
committed(struct scene *s)
{
	let_go(s);
	qmgr_news_send(s->i, &(struct qmgr_news){ .queue_id = s->id });
	assert_true(ipc_flush(s->i));
}

static inline void
over(struct scene *s)
{
	ipc_free(&s->i);
	arena_free(&s->mem);
}

#endif
