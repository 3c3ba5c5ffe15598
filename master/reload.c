/* SPDX-License-Identifier: Apache-2.0 */
/* SIGHUP: the configuration as it is now, all of it, or all stays as it was. */
#include "master/master.h"

#include "lib/base/config.h"
#include "lib/base/log.h"
#include "lib/base/time.h"
#include "lib/service/logging.h"

#include <stdio.h>
#include <string.h>

/* What cannot change while we run. */
static bool
is_same_place(const struct master *m, const struct plan *plan, struct buf *err)
{
	const struct conf *old = m->plan->cf, *new = plan->cf;

	if (strcmp(old->queue_directory, new->queue_directory) == 0 &&
	    strcmp(old->process_id_directory, new->process_id_directory) == 0)
		return true;
	buf_puts(err,
	    "queue_directory and process_id_directory cannot change while the mail system runs; stop and start it");
	return false;
}

static bool
try_reload(struct master *m, struct buf *err)
{
	struct plan *plan = plan_load(m->dir, err);

	if (plan == NULL)
		return false;
	if (is_same_place(m, plan, err) && logging_allowed(plan->cf, m->foreground, err) && master_adopt(m, plan, err))
		return true;
	plan_free(&plan);
	return false;
}

void
master_reload(void *ctx)
{
	struct master *m = ctx;
	struct buf err = BUF(8192);
	bool ok;

	if (!m->ready || m->stopping != STOP_NOT) {
		log_warn("a reload was asked for while starting or stopping; it is ignored");
		return;
	}
	notify(m, "RELOADING=1\nMONOTONIC_USEC=%ld", tick_ms() * 1000);
	ok = try_reload(m, &err);
	m->reloads++;
	snprintf(m->last_reload, sizeof(m->last_reload), "%s", buf_str(&err));
	if (ok) {
		log_info("reload -- version %s, configuration %s", MAIL_VERSION, m->dir);
		plan_notices(m->plan);
	} else {
		log_error("reload failed, the old configuration stays in force: %s", buf_str(&err));
	}
	buf_free(&err);
	posts_review(m);
	notify(m, "READY=1");
}
