/* SPDX-License-Identifier: Apache-2.0 */
#include "services/resolver/backend.h"

#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/text.h"

#include <stdlib.h>
#include <string.h>

enum { CLASS_IN = 1 };

struct backend {
	struct ub_ctx *ctx;
	struct loop *loop;
	struct watch watch;
	size_t pending;
	bool retired, processing;
};

static const struct {
	const char *name, *value;
} options[] = {
	/* A name server on this host is as good as any other. */
	{ "do-not-query-localhost:", "no" },
	/* Addresses of private networks have names on the servers of these networks, and nobody signs them. */
	{ "unblock-lan-zones:", "yes" },
	{ "insecure-lan-zones:", "yes" },
	{ "outgoing-range:", "256" },
	{ "num-queries-per-thread:", "1024" },
	{ "msg-cache-size:", "4m" },
	{ "rrset-cache-size:", "8m" },
	{ "cache-max-negative-ttl:", "900" },
	{ "edns-buffer-size:", "1232" },
	/*
	 * A server that forwards our questions is fast one time and slow the next, when it has to
	 * ask others; and one that was down is to be believed soon when it is back.
	 */
	{ "infra-cache-min-rtt:", "400" },
	{ "infra-host-ttl:", "60" },
	{ "infra-keep-probing:", "yes" },
	{ "trust-anchor-signaling:", "no" },
	{ "root-key-sentinel:", "no" },
	{ "logfile:", "" },
};

/* Names that libunbound would not ask for: what they mean is the servers' business. */
static const char *const open_zones[] = { "test.", "invalid.", "onion.", "home.arpa." };

static bool
failed(struct buf *err, const char *what, const char *which, int code)
{
	buf_fmt(err, "libunbound: %s %s: %s", what, which, ub_strerror(code));
	return false;
}

static bool
add_anchors(struct ub_ctx *ctx, const char *anchors, struct buf *err)
{
	char *copy = mem_str(anchors), *cursor = copy, *line;
	bool ok = true;
	int code;

	while (ok && (line = text_word(&cursor, "\n")) != NULL) {
		line[strcspn(line, ";")] = '\0';
		line = text_trim(line);
		if (*line != '\0' && (code = ub_ctx_add_ta(ctx, line)) != 0)
			ok = failed(err, "trust anchor", line, code);
	}
	free(copy);
	return ok;
}

/* All of it before the first question, zones last: they seal the context. */
static bool
configure(struct ub_ctx *ctx, const struct servers *s, const char *anchors, struct buf *err)
{
	int code;

	for (size_t i = 0; i < NITEMS(options); i++)
		if ((code = ub_ctx_set_option(ctx, options[i].name, options[i].value)) != 0)
			return failed(err, options[i].name, options[i].value, code);
	/* Else it would fork, and the child would have our sockets. */
	if ((code = ub_ctx_async(ctx, 1)) != 0)
		return failed(err, "async", "", code);
	for (size_t i = 0; i < s->n; i++)
		if ((code = ub_ctx_set_fwd(ctx, s->at[i])) != 0)
			return failed(err, "name server", s->at[i], code);
	if (anchors != NULL && !add_anchors(ctx, anchors, err))
		return false;
	for (size_t i = 0; i < NITEMS(open_zones); i++)
		if ((code = ub_ctx_zone_add(ctx, open_zones[i], "transparent")) != 0)
			return failed(err, "zone", open_zones[i], code);
	return true;
}

static void
release(struct backend *b)
{
	loop_watch(b->loop, &b->watch, 0);
	ub_ctx_delete(b->ctx);
	free(b);
}

static void
something_done(void *ctx, unsigned events)
{
	struct backend *b = ctx;
	int code;

	(void)events;
	b->processing = true;
	if ((code = ub_process(b->ctx)) != 0)
		log_warn("libunbound: %s", ub_strerror(code));
	b->processing = false;
	if (b->retired && b->pending == 0)
		release(b);
}

struct backend *
backend_new(struct loop *l, const struct servers *s, const char *anchors, struct buf *err)
{
	struct backend *b = mem_zero(1, sizeof(*b));

	b->loop = l;
	if ((b->ctx = ub_ctx_create()) == NULL)
		buf_puts(err, "libunbound: out of memory");
	if (b->ctx == NULL || !configure(b->ctx, s, anchors, err)) {
		ub_ctx_delete(b->ctx);
		free(b);
		return NULL;
	}
	b->watch = (struct watch){ .fd = ub_fd(b->ctx), .run = something_done, .ctx = b };
	loop_watch(l, &b->watch, LOOP_READ);
	return b;
}

static void
came(void *ctx, int code, struct ub_result *result)
{
	struct lookup *l = ctx;

	l->backend->pending--;
	l->backend = NULL;
	l->done(l->ctx, code == 0 ? result : NULL, code == 0 ? NULL : ub_strerror(code));
	ub_resolve_free(result);
}

void
backend_ask(struct backend *b, const char *name, int type, struct lookup *l)
{
	int code = ub_resolve_async(b->ctx, name, type, CLASS_IN, l, came, &l->id);

	if (code != 0) {
		l->done(l->ctx, NULL, ub_strerror(code));
		return;
	}
	l->backend = b;
	b->pending++;
}

static void
release_if_done(struct backend *b)
{
	if (b->retired && b->pending == 0 && !b->processing)
		release(b);
}

void
backend_cancel(struct lookup *l)
{
	struct backend *b = l->backend;

	if (b == NULL)
		return;
	ub_cancel(b->ctx, l->id);
	l->backend = NULL;
	b->pending--;
	release_if_done(b);
}

void
backend_retire(struct backend **bp)
{
	struct backend *b = *bp;

	*bp = NULL;
	if (b == NULL)
		return;
	b->retired = true;
	release_if_done(b);
}
