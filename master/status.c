/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who connects to pid/control (its owner, root) is told how things are, as
 * text, and the connection is closed.  Processes that have room are asked for
 * their number of sessions first; 200 ms later whatever they said counts.
 *
 * The first line is "reload N: done" or "reload N: failed: why", N being how
 * many there were: sallyport reload waits for it to change.
 */
#include "master/master.h"

#include "lib/base/config.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/time.h"
#include "lib/service/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ANSWER_MS = 200, QUESTIONS_MOST = 16, TEXT_MOST = 1 << 20 };

struct question {
	struct list_link link;
	struct master *m;
	int fd;
	struct timer timer;
};

static void
one_service(const struct service_post *post, struct buf *b)
{
	long sessions = 0;
	size_t retiring = 0;
	const char *note = post->want == NULL ? "removed"
	    : post->restart.at != 0	      ? "throttled"
	    : post->stress		      ? "stress"
					      : "";

	LIST_EACH (struct child, c, link, &post->children) {
		sessions += c->sessions;
		retiring += c->state == CHILD_RETIRING;
	}
	if (post->children.n == 0 && note[0] == '\0')
		return;
	buf_fmt(b, "%-32s %9zu %8zu %8ld ", post->key, post->children.n, retiring, sessions);
	if (post->want != NULL && post->want->limits.maxproc > 0)
		buf_fmt(b, "%7ld", post->want->limits.maxproc);
	else
		buf_puts(b, "      -");
	buf_fmt(b, " %s\n", note);
}

static void
describe(struct master *m, struct buf *b)
{
	struct passwd *pw = getpwuid(geteuid());

	buf_fmt(b, "reload %ld: %s%s\n", m->reloads, m->last_reload[0] != '\0' ? "failed: " : "done", m->last_reload);
	buf_fmt(b, "version %s, configuration %s, process %d, running for %ld seconds\n", MAIL_VERSION, m->dir,
	    getpid(), now_us() / 1000000 - m->started_at);
	if (m->separated)
		buf_puts(b, "privilege separation: on\n");
	else
		buf_fmt(b, "privilege separation is off: everything runs as user %s\n",
		    pw != NULL ? pw->pw_name : "(unknown)");
	landlock_describe(b);
	buf_puts(b, "\n");
	for (size_t i = 0; i < PLAN_FILES; i++)
		if (plan_is_stale(m->plan, m->dir, i))
			buf_fmt(b, "%s/%s has changed since it was read%s%s; \"sallyport reload\" puts it into force\n",
			    m->dir, plan_files[i], m->last_reload[0] != '\0' ? ", and the last reload failed: " : "",
			    m->last_reload);
	buf_puts(b, "\nservice                          processes retiring sessions maxproc\n");
	LIST_EACH (struct service_post, post, link, &m->posts)
		one_service(post, b);
}

static void
question_free(struct question *q)
{
	close(q->fd);
	loop_untimer(q->m->loop, &q->timer);
	list_remove(&q->m->questions, &q->link);
	free(q);
}

static void
answer(void *ctx)
{
	struct question *q = ctx;
	struct buf b = BUF(TEXT_MOST);

	describe(q->m, &b);
	/* A reader that does not read gets what fits. */
	if (send(q->fd, b.s, b.len, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 && errno != EPIPE)
		log_warn("status: %s", strerror(errno));
	buf_free(&b);
	question_free(q);
}

static void
asked(void *ctx, unsigned events)
{
	struct master *m = ctx;
	int fd = accept4(m->control_fd, NULL, NULL, SOCK_CLOEXEC);
	struct question *q;

	(void)events;
	if (fd < 0)
		return;
	if (m->questions.n >= QUESTIONS_MOST) {
		close(fd);
		return;
	}
	q = mem_zero(1, sizeof(*q));
	*q = (struct question){ .m = m, .fd = fd, .timer = { .run = answer, .ctx = q } };
	list_append(&m->questions, &q->link);
	loop_timer(m->loop, &q->timer, ANSWER_MS);
	LIST_EACH (struct service_post, post, link, &m->posts)
		LIST_EACH (struct child, c, link, &post->children)
			if (c->state == CHILD_ROOMY || c->state == CHILD_NEARLY)
				child_tell_report(c);
}

static char *
control_path(const struct master *m)
{
	return mem_fmt("%s/control", m->plan->cf->process_id_directory);
}

void
status_close(struct master *m)
{
	char *path = control_path(m);

	LIST_EACH (struct question, q, link, &m->questions)
		question_free(q);
	loop_watch(m->loop, &m->control, 0);
	close(m->control_fd);
	unlink(path);
	free(path);
}

bool
status_open(struct master *m, struct buf *err)
{
	struct addr a;
	char *path = control_path(m);
	mode_t mask = umask(077);

	list_init(&m->questions);
	m->control_fd = addr_unix(&a, path) ? addr_listen(&a, QUESTIONS_MOST, err) : -1;
	umask(mask);
	free(path);
	if (m->control_fd < 0)
		return false;
	fcntl(m->control_fd, F_SETFL, O_NONBLOCK);
	m->control = (struct watch){ .fd = m->control_fd, .run = asked, .ctx = m };
	loop_watch(m->loop, &m->control, LOOP_READ);
	return true;
}
