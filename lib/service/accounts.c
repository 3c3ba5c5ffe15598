/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/service/accounts.h"

#include "lib/base/mem.h"
#include "lib/service/service.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <unistd.h>

static bool
find_user(const char *parameter, const char *name, struct account *out, struct buf *err)
{
	struct passwd *pw;

	errno = 0;
	if ((pw = getpwnam(name)) == NULL) {
		if (errno != 0 && errno != ENOENT && errno != ESRCH)
			buf_fmt(err, "%s: look up the account %s: %s", parameter, name, strerror(errno));
		else
			buf_fmt(err,
			    "%s: there is no account \"%s\"; make it (useradd --system --no-create-home --shell "
			    "/usr/sbin/nologin %s) or set %s in main.cf",
			    parameter, name, name, parameter);
		return false;
	}
	if (pw->pw_uid == 0) {
		buf_fmt(
		    err, "%s: the account \"%s\" is root; name an account without rights in main.cf", parameter, name);
		return false;
	}
	*out = (struct account){ pw->pw_uid, pw->pw_gid };
	return true;
}

static bool
find_group(const char *name, gid_t *out, struct buf *err)
{
	struct group *gr = getgrnam(name);

	if (gr == NULL) {
		buf_fmt(err,
		    "setgid_group: there is no group \"%s\"; make it (groupadd --system %s) or set setgid_group in main.cf",
		    name, name);
		return false;
	}
	*out = gr->gr_gid;
	return true;
}

bool
accounts_load(const struct conf *cf, struct accounts *out, struct buf *err)
{
	struct accounts a = { .separated = geteuid() == 0, .self = { geteuid(), getegid() } };

	a.queue = a.net = a.key = a.self;
	a.drop = a.self.gid;
	if (a.separated &&
	    !(find_user("mail_owner", cf->mail_owner, &a.queue, err) &&
		find_user("net_owner", cf->net_owner, &a.net, err) &&
		find_user("key_owner", cf->key_owner, &a.key, err) && find_group(cf->setgid_group, &a.drop, err)))
		return false;
	*out = a;
	return true;
}

bool
accounts_may_connect(const struct accounts *a, unsigned peers, uid_t uid, gid_t gid)
{
	if (uid == 0 || (peers & (PEER_USERS | PEER_ANY)) != 0)
		return true;
	if (!a->separated)
		return uid == a->self.uid;
	return ((peers & PEER_QUEUE) != 0 && uid == a->queue.uid) || ((peers & PEER_NET) != 0 && uid == a->net.uid) ||
	    ((peers & PEER_KEY) != 0 && uid == a->key.uid) || ((peers & PEER_DROP) != 0 && gid == a->drop);
}
