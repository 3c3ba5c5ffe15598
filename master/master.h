/* SPDX-License-Identifier: Apache-2.0 */
/*
 * master - what the files of this program share.
 *
 * A struct master has services (lines of master.cf in force, and those that
 * were, while processes of theirs live), a service has listeners and
 * children.  One thread; everything happens in callbacks of one poll loop.
 */
#ifndef MASTER_MASTER_H
#define MASTER_MASTER_H

#include "lib/base/list.h"
#include "lib/io/loop.h"
#include "lib/ipc/ipc.h"
#include "master/plan.h"

#include <sys/types.h>

enum {
	START_LIMIT_MS = 100000,   /* a process that is not ready by then is stuck */
	STOP_DOORS_MS = 10000,	   /* what sessions get to finish when the suite stops, */
	STOP_REST_MS = 5000,	   /* and what everybody else gets after that */
	STRESS_MS = 60000,	   /* how long stress lasts after the last full moment */
	FULL_WARNING_MS = 1000000, /* one warning of a full service in so long */
	BACKLOG = 4096,
};

struct master;
struct service_post;

struct listener {
	int fd;
	struct addr addr; /* inet */
	const char *path; /* unix: relative to the queue directory; NULL: inet */
	bool dgram;
	bool kept; /* while a plan is adopted: the old and the new have this one in common */
	struct watch watch;
	struct service_post *post;
};

enum child_state { CHILD_STARTING, CHILD_ROOMY, CHILD_NEARLY, CHILD_FULL, CHILD_RETIRING };

struct child {
	struct list_link link;
	struct service_post *post;
	pid_t pid;
	struct ipc *ipc;
	struct watch watch;
	struct timer start_limit;
	enum child_state state;
	struct life life;
	long share, sessions;
	bool broken; /* what it says is no protocol */
};

struct service_post {
	struct list_link link;
	struct master *m;
	const struct planned *want; /* NULL: its line is gone, it only waits for its children */
	char *key;
	struct listener *listeners;
	int nlisteners;
	struct list children;
	long most;   /* sessions that one process takes, as it said; -1: none has said yet, 0: no limit */
	bool helper; /* as processes said */
	struct timer wakeup, restart;
	bool wakeup_pending, used, stress;
	long early;			    /* deaths before the first session, in a row */
	long last_crash, careful_until;	    /* tick_ms() */
	long stress_until, full_warning_at; /* tick_ms() */
};

enum stopping { STOP_NOT, STOP_DOORS, STOP_REST, STOP_LOG };

struct master {
	struct loop *loop;
	const char *dir; /* config_directory */
	struct plan *plan;
	struct list posts;
	struct timer stop_limit;
	enum stopping stopping;
	int kills;			       /* rounds of SIGKILL while stopping */
	bool foreground, debug, ready, failed; /* ready: the start is over; failed: it went wrong */
	unsigned log_flags;
	int lock_fd, answer_fd; /* pid file; pipe to who waits for the start, or -1 */
	int control_fd;
	struct watch control;
	struct list questions; /* status connections that wait for the children's answers */
	long started_at;       /* seconds since 1970 */
	long reloads;
	char last_reload[512]; /* "" or why it failed */
	bool separated;
	struct service_post *awaited; /* the suite is ready when this one is: qmgr */
	char *notify_socket;	      /* of systemd, or NULL */
};

/* listen.c */
int listeners_wanted(const struct planned *);
void listener_describe(const struct planned *, int i, struct listener *out); /* without a descriptor */
bool listener_open_patiently(const struct planned *, int i, struct listener *out, struct buf *err);
bool listener_open(const struct planned *, int i, struct listener *out, struct buf *err);
bool listener_is(const struct listener *, const struct listener *); /* the same socket? */
void listener_close(struct listener *, bool remove);
void listeners_watch(struct service_post *, bool on);
void listeners_remove(struct master *); /* at the end: names in the file system, too */

/* adopt.c: takes over the plan; false: nothing has changed, and the plan is still the caller's */
bool master_adopt(struct master *, struct plan *, struct buf *err);

/* posts.c: services in force */
struct service_post *post_new(struct master *, const char *key);
void post_free(struct service_post **);
void post_review(struct service_post *); /* after anything changed: start, watch, wake */
void post_demand(struct service_post *); /* a client waits */
void posts_review(struct master *);
void post_died(struct service_post *, struct child *, int status); /* frees the child, perhaps the post */
struct crew post_crew(const struct service_post *);
struct limits post_limits(const struct service_post *);

/* child.c */
bool child_start(struct service_post *, long share);
void child_signal(struct child *, int signo); /* SIGTERM: asks it to retire; SIGKILL: its process group */
void child_free(struct child **);
void children_reap(void *master); /* for SIGCHLD */
void child_tell_wakeup(struct child *);
void child_tell_stress(struct child *, bool on);
void child_tell_report(struct child *);
void child_tell_share(struct child *);

/* reload.c, stop.c: for signals */
void master_reload(void *);
void master_stop(void *);
void master_abort(void *);
void stop_review(struct master *); /* after a child's end, while stopping */
void stop_time_over(void *master);

/* start.c: all of main(), and: the start is over, well (why NULL) or not */
int master_main(int argc, char **argv);
void master_started(struct master *, const char *why);

/* status.c */
bool status_open(struct master *, struct buf *err);
void status_close(struct master *);

/* notify.c: sd_notify(3); does nothing without NOTIFY_SOCKET */
void notify_open(struct master *); /* remembers and removes the variable */
void notify(const struct master *, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
