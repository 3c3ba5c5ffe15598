/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plan - what main.cf and master.cf ask for, read and checked as a whole.
 *
 *	struct plan *plan = plan_load("/etc/sallyport", &err);	(NULL: file, line and remedy are in err)
 *
 * Nothing is started, opened or changed: that is for whoever adopts the plan.
 */
#ifndef MASTER_PLAN_H
#define MASTER_PLAN_H

#include "lib/conf/conf.h"
#include "lib/conf/mastercf.h"
#include "lib/net/addr.h"
#include "lib/service/args.h"
#include "master/decide.h"

#include <sys/stat.h>

enum { PLAN_FILES = 2 };
extern const char *const plan_files[PLAN_FILES]; /* "main.cf", "master.cf" */

/* What a line of master.cf asks for, checked; lives as long as the plan that it belongs to. */
struct planned {
	const struct mastercf_service *line;
	char *key;     /* "inet/smtp", "unix/private/cleanup": what makes it the same service after a reload */
	char *program; /* full path */
	struct limits limits;
	bool doors; /* ends first when the suite stops: what lets new work in */
	struct addr *addrs;
	int naddrs;
	char *path; /* of the socket; NULL: inet */
};
struct plan {
	const struct conf *cf;
	struct mastercf *mastercf;
	struct planned *services;
	size_t n;
	struct stat files[PLAN_FILES]; /* as they were just before they were read */
};

struct plan *plan_load(const char *dir, struct buf *err);
void plan_free(struct plan **);

/* Has one of the files another content than what was read?  (Or none: it is gone.) */
bool plan_is_stale(const struct plan *, const char *dir, size_t file);

/* To the log: lines of main.cf and master.cf that do not count, services that are not needed here, legacy names, old defaults. */
void plan_notices(const struct plan *);

/* "host:smtps" as "host:465" where known_tcp_ports names it, else as it was; to be freed. */
char *plan_known_port(const char *known_tcp_ports, const char *service);

#endif
