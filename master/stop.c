/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The orderly stop.  First what lets work in (inet services, pickup, qmgr) is
 * asked to finish, while the services behind it still run for it; then the
 * rest; the log daemon last, so that everybody's last words are written.
 * Each step is bounded in time, and what has not gone by then is killed.
 */
#include "master/master.h"

#include "lib/base/log.h"
#include "lib/service/logging.h"

#include <signal.h>

enum { KILL_MS = 2000, KILLS_MOST = 5, NAMES_MAX = 1000 };

static bool
is_log(const struct service_post *post)
{
	return post->want != NULL && post->want->line->type == SERVICE_DGRAM;
}

static bool
is_in(const struct service_post *post, enum stopping stage)
{
	if (stage == STOP_DOORS)
		return post->want == NULL || post->want->doors;
	return stage == STOP_LOG || !is_log(post);
}

static void
signal_all(struct master *m, enum stopping stage, int signo)
{
	LIST_EACH (struct service_post, post, link, &m->posts) {
		if (!is_in(post, stage))
			continue;
		LIST_EACH (struct child, c, link, &post->children)
			if (signo == SIGKILL || !c->life.asked)
				child_signal(c, signo);
	}
}

static size_t
living(struct master *m, enum stopping stage)
{
	size_t n = 0;

	LIST_EACH (struct service_post, post, link, &m->posts)
		if (is_in(post, stage))
			n += post->children.n;
	return n;
}

/* "smtp 4711, qmgr 4712" */
static void
name_living(struct master *m, enum stopping stage, struct buf *names)
{
	LIST_EACH (struct service_post, post, link, &m->posts)
		if (is_in(post, stage))
			LIST_EACH (struct child, c, link, &post->children)
				buf_fmt(names, "%s%s %d", names->len > 0 ? ", " : "", post->key, c->pid);
}

static void
close_doors(struct master *m)
{
	LIST_EACH (struct service_post, post, link, &m->posts) {
		if (post->want == NULL || !post->want->doors)
			continue;
		listeners_watch(post, false);
		for (int i = 0; i < post->nlisteners; i++)
			listener_close(&post->listeners[i], true);
	}
}

/* What the log daemon reads no more, we write ourselves. */
static void
log_directly(struct master *m)
{
	m->log_flags |= LOGGING_DIRECTLY;
	logging_open(m->plan->cf, "master", m->log_flags);
}

static void
next_stage(struct master *m)
{
	m->stopping++;
	if (m->stopping == STOP_LOG)
		log_directly(m);
	loop_timer(m->loop, &m->stop_limit, m->stopping == STOP_REST ? STOP_REST_MS : KILL_MS);
	signal_all(m, m->stopping, SIGTERM);
	posts_review(m);
}

void
stop_review(struct master *m)
{
	if (m->stopping == STOP_NOT)
		return;
	while (m->stopping < STOP_LOG && living(m, m->stopping) == 0)
		next_stage(m);
	if (m->stopping == STOP_LOG && living(m, STOP_LOG) == 0)
		loop_stop(m->loop);
}

/* Asked once more, sessions find their clients gone. */
static void
cut_off(struct master *m)
{
	LIST_EACH (struct service_post, post, link, &m->posts)
		LIST_EACH (struct child, c, link, &post->children)
			if (is_in(post, STOP_DOORS))
				child_signal(c, SIGTERM);
}

void
stop_time_over(void *ctx)
{
	struct master *m = ctx;
	struct buf names = BUF(NAMES_MAX);
	size_t n = living(m, m->stopping);

	if (m->stopping == STOP_DOORS) {
		log_info("%zu processes have not finished within %d seconds; their sessions are cut off", n,
		    STOP_DOORS_MS / 1000);
		cut_off(m);
		next_stage(m);
		stop_review(m);
		return;
	}
	if (m->kills++ == KILLS_MOST) {
		log_error("%zu processes cannot be killed; they are left behind", n);
		loop_stop(m->loop);
		return;
	}
	if (m->stopping == STOP_REST) {
		name_living(m, m->stopping, &names);
		log_warn("%zu processes that did not end are killed: %s", n, buf_str(&names));
		buf_free(&names);
	}
	signal_all(m, m->stopping, SIGKILL);
	loop_timer(m->loop, &m->stop_limit, KILL_MS);
}

void
master_stop(void *ctx)
{
	struct master *m = ctx;

	if (m->stopping != STOP_NOT) {
		master_abort(m);
		return;
	}
	notify(m, "STOPPING=1");
	m->stopping = STOP_DOORS;
	close_doors(m);
	log_info("terminating; sessions may finish");
	loop_timer(m->loop, &m->stop_limit, STOP_DOORS_MS);
	signal_all(m, STOP_DOORS, SIGTERM);
	posts_review(m);
	stop_review(m);
}

void
master_abort(void *ctx)
{
	struct master *m = ctx;

	log_info("aborting; all processes are killed");
	if (m->stopping == STOP_NOT)
		notify(m, "STOPPING=1");
	m->stopping = STOP_LOG;
	log_directly(m);
	close_doors(m);
	posts_review(m);
	LIST_EACH (struct service_post, post, link, &m->posts)
		LIST_EACH (struct child, c, link, &post->children) {
			c->life.asked = true;
			child_signal(c, SIGKILL);
		}
	loop_timer(m->loop, &m->stop_limit, KILL_MS);
	stop_review(m);
}
