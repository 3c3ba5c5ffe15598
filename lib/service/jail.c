/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/service/jail.h"

#include "lib/base/mem.h"
#include "lib/service/landlock.h"

#include <errno.h>
#include <grp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

static const struct account *
account_of(const struct service *s, const struct accounts *a)
{
	switch (s->account) {
	case ACCOUNT_QUEUE:
		return &a->queue;
	case ACCOUNT_NET:
		return &a->net;
	case ACCOUNT_KEY:
		return &a->key;
	case ACCOUNT_ROOT:
		break;
	}
	return NULL;
}

static bool
failed(struct buf *err, const char *what)
{
	buf_fmt(err, "give up rights: %s: %s", what, strerror(errno));
	return false;
}

static bool
enter_chroot(struct buf *err)
{
	return (chroot(".") == 0 && chdir("/") == 0) || failed(err, "chroot to the queue directory");
}

static bool
become(const struct account *who, const struct accounts *a, struct buf *err)
{
	const gid_t groups[] = { a->queue.gid };

	if (setgroups(1, groups) < 0)
		return failed(err, "setgroups");
	if (setresgid(who->gid, who->gid, who->gid) < 0)
		return failed(err, "setresgid");
	if (setresuid(who->uid, who->uid, who->uid) < 0)
		return failed(err, "setresuid");
	if (setresuid(0, 0, 0) == 0) {
		buf_puts(err, "give up rights: root's could be had back");
		return false;
	}
	return true;
}

/* Without root there is nothing to change, and the only user is our own. */
static bool
change_user(const struct service *s, const struct service_args *args, const struct accounts *a, struct buf *err)
{
	const struct account *who = account_of(s, a);

	if (!a->separated)
		return true;
	if (who == NULL && args->unprivileged) {
		buf_fmt(err, "%s needs root's rights: the unprivileged column of service %s in master.cf must be n",
		    s->program, args->name);
		return false;
	}
	if (args->chroot && !enter_chroot(err))
		return false;
	return who == NULL || become(who, a, err);
}

bool
jail_enter(const struct service *s, const struct service_args *args, const struct conf *cf, const struct accounts *a,
    struct buf *err)
{
	bool sandbox = !s->rights.executes;
	int rules = -1;

	tzset(); /* reads /etc/localtime now */
	if (sandbox && (rules = landlock_prepare(&s->rights, cf, err)) == -2)
		return false;
	if (!change_user(s, args, a, err)) {
		if (rules >= 0)
			close(rules);
		return false;
	}
	if (sandbox && !landlock_enforce(&rules))
		return failed(err, "landlock");
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	return true;
}
