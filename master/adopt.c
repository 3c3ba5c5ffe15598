/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A new plan comes into force, at start and at reload.  New listeners are
 * opened before anything old is given up, so that a plan that cannot be had
 * leaves everything as it was; listeners that stay are kept open throughout,
 * and no client is turned away.
 */
#include "master/master.h"

#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/service/logging.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

static struct listener *
find_open(struct master *m, const struct listener *want)
{
	LIST_EACH (struct service_post, post, link, &m->posts)
		for (int i = 0; i < post->nlisteners; i++)
			if (post->listeners[i].fd >= 0 && !post->listeners[i].kept &&
			    listener_is(&post->listeners[i], want))
				return &post->listeners[i];
	return NULL;
}

static bool
is_planned(const struct plan *plan, const struct listener *l)
{
	struct listener other;

	for (size_t k = 0; k < plan->n; k++)
		for (int i = 0; i < listeners_wanted(&plan->services[k]); i++) {
			listener_describe(&plan->services[k], i, &other);
			if (listener_is(&other, l))
				return true;
		}
	return false;
}

/* Does an old listener that goes away hold this port?  Then the new one is opened after it. */
static bool
is_in_the_way(struct master *m, const struct plan *plan, const struct listener *want)
{
	LIST_EACH (struct service_post, post, link, &m->posts)
		for (int i = 0; i < post->nlisteners; i++) {
			const struct listener *l = &post->listeners[i];

			if (l->fd >= 0 && l->path == NULL && want->path == NULL &&
			    addr_port(&l->addr) == addr_port(&want->addr) && !is_planned(plan, l))
				return true;
		}
	return false;
}

static bool
get_listener(
    struct master *m, const struct plan *plan, const struct planned *p, int i, struct listener *out, struct buf *err)
{
	struct buf why = BUF(1024);
	struct listener *old;
	bool ok = true;

	listener_describe(p, i, out);
	if ((old = find_open(m, out)) != NULL) {
		out->fd = old->fd;
		out->kept = old->kept = true;
	} else if (!(m->ready ? listener_open(p, i, out, &why) : listener_open_patiently(p, i, out, &why))) {
		ok = is_in_the_way(m, plan, out);
		if (!ok)
			buf_fmt(err, "%s, line %d: service %s: %s", plan->mastercf->path, p->line->line, p->line->name,
			    buf_str(&why));
	}
	buf_free(&why);
	return ok;
}

static void
undo(struct master *m, const struct plan *plan, struct listener **fresh)
{
	for (size_t k = 0; k < plan->n && fresh[k] != NULL; k++)
		for (int i = 0; i < listeners_wanted(&plan->services[k]); i++)
			if (!fresh[k][i].kept)
				listener_close(&fresh[k][i], true);
	LIST_EACH (struct service_post, post, link, &m->posts)
		for (int i = 0; i < post->nlisteners; i++)
			post->listeners[i].kept = false;
}

static bool
get_listeners(struct master *m, const struct plan *plan, struct listener **fresh, struct buf *err)
{
	for (size_t k = 0; k < plan->n; k++) {
		int n = listeners_wanted(&plan->services[k]);

		fresh[k] = mem_zero((size_t)n, sizeof(**fresh));
		for (int i = 0; i < n; i++)
			fresh[k][i].fd = -1;
		for (int i = 0; i < n; i++)
			if (!get_listener(m, plan, &plan->services[k], i, &fresh[k][i], err)) {
				undo(m, plan, fresh);
				return false;
			}
	}
	return true;
}

/* What is not kept is closed; its name in the file system goes, unless it has got a new owner. */
static void
give_up_old(struct master *m, const struct plan *plan)
{
	LIST_EACH (struct service_post, post, link, &m->posts) {
		listeners_watch(post, false);
		loop_untimer(m->loop, &post->restart);
		loop_untimer(m->loop, &post->wakeup);
		post->want = NULL;
		for (int i = 0; i < post->nlisteners; i++) {
			struct listener *l = &post->listeners[i], other = *l;
			bool named_anew;

			other.dgram = !l->dgram;
			named_anew = l->path != NULL && is_planned(plan, &other);
			if (!l->kept)
				listener_close(l, !named_anew);
		}
		free(post->listeners);
		post->listeners = NULL;
		post->nlisteners = 0;
		LIST_EACH (struct child, c, link, &post->children)
			child_signal(c, SIGTERM);
	}
}

static struct service_post *
find_post(struct master *m, const char *key)
{
	LIST_EACH (struct service_post, post, link, &m->posts)
		if (strcmp(post->key, key) == 0)
			return post;
	return NULL;
}

static void
open_late(const struct planned *p, struct listener *l, int i)
{
	struct buf err = BUF(1024);

	if (!listener_open(p, i, l, &err))
		log_error("service %s: %s; nobody can connect there until the next reload", p->key, buf_str(&err));
	buf_free(&err);
}

static void
install(struct master *m, const struct planned *p, struct listener *fresh)
{
	struct service_post *post = find_post(m, p->key);

	if (post == NULL)
		post = post_new(m, p->key);
	post->want = p;
	post->listeners = fresh;
	post->nlisteners = listeners_wanted(p);
	post->early = 0;
	post->careful_until = post->last_crash = 0;
	for (int i = 0; i < post->nlisteners; i++) {
		fresh[i].kept = false;
		if (fresh[i].fd < 0)
			open_late(p, &fresh[i], i);
	}
	if (p->line->wakeup > 0) {
		loop_timer(m->loop, &post->wakeup, p->line->wakeup * 1000);
		post->wakeup_pending = !p->line->wakeup_if_used || post->used;
	}
	if (strcmp(p->line->program, "qmgr") == 0)
		m->awaited = post;
}

bool
master_adopt(struct master *m, struct plan *plan, struct buf *err)
{
	struct listener **fresh = mem_zero(plan->n, sizeof(*fresh));
	bool ok = get_listeners(m, plan, fresh, err);

	if (ok) {
		m->awaited = NULL;
		give_up_old(m, plan);
		for (size_t k = 0; k < plan->n; k++)
			install(m, &plan->services[k], fresh[k]);
		LIST_EACH (struct service_post, post, link, &m->posts)
			if (post->want == NULL && post->children.n == 0)
				post_free(&post);
		logging_open(plan->cf, "master", m->log_flags);
		plan_free(&m->plan);
		m->plan = plan;
	} else {
		for (size_t k = 0; k < plan->n; k++)
			free(fresh[k]);
	}
	free(fresh);
	return ok;
}
