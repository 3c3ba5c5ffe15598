/* SPDX-License-Identifier: Apache-2.0 */
/*
 * accounts - whose rights the daemons have, and who may talk to them.
 *
 * Started as root the suite is separated: mail_owner, net_owner, key_owner
 * and the group setgid_group are looked up in the system's user database.
 * Otherwise everything belongs to the user who started it, and only that user
 * and root may talk to daemons that are not for everybody.
 */
#ifndef SERVICE_ACCOUNTS_H
#define SERVICE_ACCOUNTS_H

#include "lib/conf/conf.h"

#include <sys/types.h>

struct account {
	uid_t uid;
	gid_t gid;
};
struct accounts {
	bool separated;
	struct account self; /* of this process, before it gives anything up */
	struct account queue, net, key;
	gid_t drop;
};

/* False: *err says which account is missing and how to make it. */
bool accounts_load(const struct conf *, struct accounts *out, struct buf *err);

/* May that peer connect to a service with these .peers (PEER_... of service.h)?  Pure. */
bool accounts_may_connect(const struct accounts *, unsigned peers, uid_t, gid_t);

#endif
