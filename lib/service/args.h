/* SPDX-License-Identifier: Apache-2.0 */
/*
 * args - what master tells a daemon on its command line.
 *
 *	smtpd -n smtp -t inet -s 100 -l 2 -u -o name=value -- arguments of master.cf
 *
 *	-n name     the service in master.cf
 *	-t type     inet unix pass unix-dgram
 *	-s number   sessions that the process may have at once
 *	-l number   listeners, from descriptor 4 on; 3 is the socket to master
 *	-u          the unprivileged column says y
 *	-c          the chroot column says y
 *	-f          the suite runs in the foreground: stdout and stderr stay
 *	-o n=v      a parameter, before main.cf
 *
 * Behind "--" -v turns on debugging, -D is accepted, the rest is the program's own.
 */
#ifndef SERVICE_ARGS_H
#define SERVICE_ARGS_H

#include "lib/base/buf.h"
#include "lib/conf/mastercf.h"

enum {
	SERVICE_LINK_FD = 3,
	SERVICE_LISTENER_FD = 4,
	SERVICE_LISTENERS = 64,
	SERVICE_OVERRIDES = 256,
	SERVICE_SHARE_MOST = 1000000
};

struct service_args {
	const char *name;
	enum service_type type;
	long share;
	int listeners;
	bool unprivileged, chroot, foreground, debug;
	const char *overrides[SERVICE_OVERRIDES];
	size_t noverrides;
	const char *const *own; /* NULL at its end */
};

/* Points into argv.  False: *err says what is wrong. */
bool service_args_parse(struct service_args *, int argc, char **argv, struct buf *err);

/* The other way: an argument vector for execve(), to be freed with service_argv_free(). */
char **service_args_build(const struct service_args *, const char *program);
void service_argv_free(char ***);

const char *service_type_text(enum service_type);

#endif
