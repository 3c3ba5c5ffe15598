/* SPDX-License-Identifier: Apache-2.0 */
/* Whom to ask, and whether what they say can be validated. */
#include "services/resolver/resolver.h"

#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/io/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

enum { DNSKEY = 48, PROBE_MS = 3000, PROBE_AGAIN_MS = 600000, FILE_MS = 5000, FILE_MOST = 65536 };

static void
look_at_file(void *ctx)
{
	struct resolver *r = ctx;
	struct buf text = BUF(FILE_MOST);
	struct servers now;

	if (file_read(AT_FDCWD, r->resolv_conf, &text)) {
		servers_parse(buf_str(&text), &now);
		if (!servers_same(&now, &r->servers)) {
			log_info("%s has changed: %zu name servers", r->resolv_conf, now.n);
			r->servers = now;
			upstream_start(r);
		}
	}
	/* A file that is gone for the moment changes nothing. */
	buf_free(&text);
	loop_timer(r->loop, &r->file_timer, FILE_MS);
}

static void
begin_plain(struct resolver *r)
{
	struct buf err = BUF(1024);

	backend_retire(&r->probed);
	if ((r->answers = backend_new(r->loop, &r->servers, NULL, &err)) == NULL)
		log_fatal(EX_SOFTWARE, "%s", buf_str(&err));
	questions_go(r);
}

static void
probe_again(void *ctx)
{
	struct resolver *r = ctx;

	upstream_start(r);
}

static void
probe_failed(struct resolver *r, const char *why, bool unsure)
{
	log_info("answers are not validated: the name servers do not pass DNSSEC on (%s)", why);
	begin_plain(r);
	if (unsure) {
		r->probe_timer.run = probe_again;
		loop_timer(r->loop, &r->probe_timer, PROBE_AGAIN_MS);
	}
}

static void
probe_timed_out(void *ctx)
{
	struct resolver *r = ctx;

	backend_cancel(&r->probe);
	probe_failed(r, "no answer", true);
}

static void
probe_came(void *ctx, const struct ub_result *result, const char *problem)
{
	struct resolver *r = ctx;

	loop_untimer(r->loop, &r->probe_timer);
	if (result != NULL && result->secure && result->havedata) {
		log_info("answers are validated with DNSSEC");
		r->answers = r->probed;
		r->probed = NULL;
		questions_go(r);
	} else if (result == NULL) {
		probe_failed(r, problem, true);
	} else {
		probe_failed(r, result->bogus && result->why_bogus != NULL ? result->why_bogus : "no signed answer",
		    result->rcode == 2 && !result->bogus);
	}
}

bool
upstream_probing(const struct resolver *r)
{
	return r->probed != NULL;
}

static void
begin_probe(struct resolver *r)
{
	struct buf err = BUF(1024);

	if ((r->probed = backend_new(r->loop, &r->servers, r->anchors, &err)) == NULL) {
		log_warn("%s", buf_str(&err));
		buf_free(&err);
		begin_plain(r);
		return;
	}
	r->probe = (struct lookup){ .done = probe_came, .ctx = r };
	r->probe_timer = (struct timer){ .run = probe_timed_out, .ctx = r };
	loop_timer(r->loop, &r->probe_timer, PROBE_MS);
	backend_ask(r->probed, ".", DNSKEY, &r->probe);
}

void
upstream_stop(struct resolver *r)
{
	loop_untimer(r->loop, &r->probe_timer);
	backend_cancel(&r->probe);
	backend_retire(&r->probed);
	backend_retire(&r->answers);
}

void
upstream_start(struct resolver *r)
{
	upstream_stop(r);
	if (r->resolv_conf != NULL && r->file_timer.run == NULL) {
		r->file_timer = (struct timer){ .run = look_at_file, .ctx = r };
		loop_timer(r->loop, &r->file_timer, FILE_MS);
	}
	if (r->servers.n == 0) {
		log_warn("no name server is configured: every DNS question is a temporary error");
		questions_go(r);
	} else if (r->anchors != NULL) {
		begin_probe(r);
	} else {
		log_info("answers are not validated: there is no trust anchor");
		begin_plain(r);
	}
}
