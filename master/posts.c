/* SPDX-License-Identifier: Apache-2.0 */
/* Services in force: when a process starts, who waits for clients, what follows from an end. */
#include "master/master.h"

#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/text.h"
#include "lib/base/time.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct limits
post_limits(const struct service_post *post)
{
	struct limits l = post->want->limits;

	l.helper = post->helper;
	l.one_process = post->most == 0;
	if (post->most > 0 && (post->helper || post->most < l.sessions_per_process))
		l.sessions_per_process = post->most;
	return l;
}

struct crew
post_crew(const struct service_post *post)
{
	struct crew c = { 0 };

	LIST_EACH (struct child, x, link, &post->children) {
		bool retires = x->state == CHILD_RETIRING;

		c.processes++;
		c.serving += !retires;
		c.with_room += x->state == CHILD_STARTING || x->state == CHILD_ROOMY;
		c.nearly_full += x->state == CHILD_NEARLY;
		c.taken += post->helper ? !retires : retires ? x->sessions : x->share;
	}
	return c;
}

static bool
is_closed(const struct service_post *post)
{
	enum stopping s = post->m->stopping;

	if (post->want == NULL || post->m->failed)
		return true;
	if (s == STOP_DOORS)
		return post->want->doors;
	return s != STOP_NOT && !(s == STOP_REST && post->want->line->type == SERVICE_DGRAM);
}

static void
throttle(struct service_post *post, long ms)
{
	if (ms > 0)
		loop_timer(post->m->loop, &post->restart, ms);
}

static void
start_one(struct service_post *post, long share)
{
	const struct conf *cf = post->m->plan->cf;

	if (access(post->want->program, X_OK) < 0) {
		log_warn("service %s: program %s: %s; next try in %ld seconds", post->key, post->want->program,
		    strerror(errno), cf->service_throttle_time);
		throttle(post, cf->service_throttle_time * 1000);
		if (post == post->m->awaited && !post->m->ready)
			master_started(post->m, "the queue manager's program is missing");
	} else if (!child_start(post, share)) {
		throttle(post, cf->fork_delay * 1000);
	}
}

static bool
is_careful(const struct service_post *post)
{
	return tick_ms() < post->careful_until;
}

static void
grow(struct service_post *post, const struct limits *limits)
{
	LIST_EACH (struct child, c, link, &post->children) {
		struct crew crew = post_crew(post);
		long share = decide_growth(limits, &crew, c->share, is_careful(post));

		if (c->life.ready && c->state != CHILD_RETIRING && share > c->share) {
			c->share = share;
			child_tell_share(c);
		}
	}
}

/* The wake-up goes to a process that is free, or waits for one. */
static void
pass_wakeup(struct service_post *post)
{
	LIST_EACH (struct child, c, link, &post->children)
		if (post->wakeup_pending && c->state == CHILD_ROOMY && c->life.ready) {
			post->wakeup_pending = false;
			child_tell_wakeup(c);
		}
}

static void
set_stress(struct service_post *post, bool on)
{
	if (post->stress == on)
		return;
	post->stress = on;
	LIST_EACH (struct child, c, link, &post->children)
		child_tell_stress(c, on);
}

/* All sessions are taken: the clients that wait get the stress configuration, the administrator a warning. */
static void
look_for_stress(struct service_post *post, const struct limits *l, const struct crew *c)
{
	const struct mastercf_service *s = post->want->line;
	long now = tick_ms();
	bool full =
	    c->serving > 0 && c->with_room == 0 && c->nearly_full == 0 && l->maxproc > 0 && c->taken >= l->maxproc;

	if (s->type != SERVICE_INET && s->type != SERVICE_PASS)
		return;
	if (full)
		post->stress_until = now + STRESS_MS;
	set_stress(post, now < post->stress_until);
	if (!full || (post->full_warning_at != 0 && now - post->full_warning_at < FULL_WARNING_MS))
		return;
	post->full_warning_at = now;
	log_warn(
	    "service \"%s\" (%s) has reached its process limit \"%ld\": new clients may experience noticeable delays",
	    s->name, s->name, l->maxproc);
	log_warn(
	    "to avoid this condition, increase the process count in master.cf or reduce the service time per client");
}

void
post_review(struct service_post *post)
{
	struct crew crew;
	struct limits limits;
	enum wish wish = WISH_NONE;
	long share;

	if (is_closed(post)) {
		listeners_watch(post, false);
		return;
	}
	limits = post_limits(post);
	pass_wakeup(post);
	grow(post, &limits);
	if (post->restart.at == 0) {
		crew = post_crew(post);
		share = decide_share(&limits, &crew, is_careful(post));
		wish = decide_wish(&limits, &crew, is_careful(post));
		if (share > 0 && (wish == WISH_NOW || (post->wakeup_pending && wish == WISH_ON_DEMAND))) {
			start_one(post, share);
			wish = WISH_NONE;
		}
	}
	crew = post_crew(post);
	look_for_stress(post, &limits, &crew);
	listeners_watch(post, wish == WISH_ON_DEMAND);
}

void
post_demand(struct service_post *post)
{
	struct limits limits = post_limits(post);
	struct crew crew = post_crew(post);
	long share = decide_share(&limits, &crew, is_careful(post));

	if (share > 0 && post->restart.at == 0)
		start_one(post, share);
	post_review(post);
}

void
posts_review(struct master *m)
{
	LIST_EACH (struct service_post, post, link, &m->posts)
		post_review(post);
}

static void
describe(int status, struct buf *b)
{
	if (WIFSIGNALED(status))
		buf_fmt(b, "fatal signal %d", WTERMSIG(status));
	else if (WEXITSTATUS(status) == EX_OSFILE)
		buf_puts(b, "cannot be executed");
	else
		buf_fmt(b, "exit status %d", WEXITSTATUS(status));
}

static void
crashed(struct service_post *post, long now)
{
	bool was_careful = is_careful(post);

	post->careful_until = decide_careful_until(post->last_crash, now);
	post->last_crash = now;
	if (is_careful(post) && !was_careful)
		log_warn(
		    "service %s crashes repeatedly: its new processes take one session each for a while", post->key);
}

static void
judge(struct service_post *post, const struct child *c, const char *how)
{
	enum death death = decide_death(&c->life);
	long throttle_ms = post->m->plan->cf->service_throttle_time * 1000, ms;

	if (c->life.failed)
		log_warn("process %s pid %d %s%s", post->want != NULL ? post->want->program : post->key, c->pid,
		    text_starts(how, "fatal ") ? "killed by " : "",
		    how + (text_starts(how, "fatal ") ? strlen("fatal ") : 0));
	if (post->want == NULL)
		return;
	/* A poll loop that is woken at times is one that must always be there: qmgr. */
	if (post->want->line->wakeup > 0 && (death != DEATH_FINE || post->most == 0))
		post->wakeup_pending = true;
	if (death == DEATH_FINE)
		return;
	if (death == DEATH_CRASH)
		crashed(post, tick_ms());
	else
		post->early++;
	ms = decide_delay(death, post->early, throttle_ms);
	if (ms > 0)
		log_warn("%s: bad command startup -- throttling (%s before %s; next try in %ld seconds)",
		    post->want->program, how, death == DEATH_START ? "it was ready" : "its first session", ms / 1000);
	throttle(post, ms);
}

/* A process that has no handler yet dies of being asked to go; one that went on too long was killed. */
static bool
was_our_doing(const struct life *l, int signo)
{
	return l->asked && (signo == SIGTERM || (l->killed && signo == SIGKILL));
}

void
post_died(struct service_post *post, struct child *c, int status)
{
	struct master *m = post->m;
	struct buf how = BUF(128);
	bool start_failed;

	c->life.failed = WIFEXITED(status) ? WEXITSTATUS(status) != 0 : !was_our_doing(&c->life, WTERMSIG(status));
	start_failed = post == m->awaited && !m->ready && decide_death(&c->life) == DEATH_START;
	describe(status, &how);
	judge(post, c, buf_str(&how));
	child_free(&c);
	if (start_failed)
		master_started(m, "the queue manager did not start");
	buf_free(&how);
	if (post->want == NULL && post->children.n == 0)
		post_free(&post);
	else
		post_review(post);
	stop_review(m);
}

static void
restart_due(void *ctx)
{
	post_review(ctx);
}

static void
wakeup_due(void *ctx)
{
	struct service_post *post = ctx;

	loop_timer(post->m->loop, &post->wakeup, post->want->line->wakeup * 1000);
	if (post->used || !post->want->line->wakeup_if_used)
		post->wakeup_pending = true;
	post_review(post);
}

struct service_post *
post_new(struct master *m, const char *key)
{
	struct service_post *post = mem_zero(1, sizeof(*post));

	post->m = m;
	post->key = mem_str(key);
	post->most = -1;
	list_init(&post->children);
	post->restart = (struct timer){ .run = restart_due, .ctx = post };
	post->wakeup = (struct timer){ .run = wakeup_due, .ctx = post };
	list_append(&m->posts, &post->link);
	return post;
}

void
post_free(struct service_post **pp)
{
	struct service_post *post = *pp;

	must_hold(post->children.n == 0);
	loop_untimer(post->m->loop, &post->restart);
	loop_untimer(post->m->loop, &post->wakeup);
	list_remove(&post->m->posts, &post->link);
	free(post->listeners);
	free(post->key);
	free(post);
	*pp = NULL;
}
