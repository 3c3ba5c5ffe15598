/* SPDX-License-Identifier: Apache-2.0 */
/*
 * service - the skeleton that every daemon's main.c calls.
 *
 *	static const struct service smtpd = {
 *		.program = "smtpd",
 *		.about = "talks to clients, says yes or no",
 *		.shape = SHAPE_SESSIONS,
 *		.account = ACCOUNT_NET,
 *		.peers = PEER_ANY,
 *		.rights = { .connect = true, ... },
 *		.open = open_tables,
 *		.session = smtpd_session,
 *	};
 *	int main(int argc, char **argv) { return service_run(&smtpd, argc, argv); }
 *
 * service_run() reads the arguments that master gives, loads the
 * configuration (calm and stress), opens the log, calls open() with root's
 * rights still there, then takes rights away in this order: chroot, setgid,
 * setuid, no_new_privs, Landlock, seccomp; calls ready(); and serves until
 * master is gone, retirement, or SIGTERM.  What could not be enforced on this
 * kernel is reported in the log once per start of the suite.
 *
 * Shapes: SESSIONS: threads, one session each, up to sessions_per_process;
 * SINGLE: one session at a time and no second thread, may fork; LOOP: one
 * thread, the program's own poll loop.
 */
#ifndef SERVICE_SERVICE_H
#define SERVICE_SERVICE_H

#include "lib/conf/conf.h"
#include "lib/io/conn.h"
#include "lib/io/loop.h"
#include "lib/net/addr.h"

enum service_shape { SHAPE_SESSIONS, SHAPE_SINGLE, SHAPE_LOOP };
enum service_account {
	ACCOUNT_QUEUE, /* mail_owner: owns the queue */
	ACCOUNT_NET,   /* net_owner */
	ACCOUNT_KEY,   /* key_owner */
	ACCOUNT_ROOT,  /* keeps root (local's stub, spawn) */
};
/* Who may connect to the service's socket; root always may. */
enum service_peers { PEER_QUEUE = 1, PEER_NET = 2, PEER_KEY = 4, PEER_USERS = 8, PEER_ANY = 16 /* network */ };

struct service_folder {
	const char *path; /* relative to the queue directory, or absolute; "$data_directory" and other $names work */
	enum { FOLDER_READ = 1, FOLDER_WRITE = 2, FOLDER_CREATE = 4 /* and rename, remove */ } may;
};
struct service_rights {
	const struct service_folder *folders; /* ended by path == NULL: all else is closed to it (Landlock) */
	bool network;			      /* may bind and connect TCP */
	bool executes;			      /* runs commands: no no_new_privs, no Landlock, no seccomp */
};

struct session {	       /* what a session knows from birth */
	struct conn *conn;     /* the skeleton frees it */
	const struct conf *cf; /* calm or stress, for the whole session */
	struct addr peer, self;
	const char *service; /* name in master.cf: "smtp", "submission" */
	uid_t uid;	     /* of the peer, for Unix sockets */
	gid_t gid;
	void *state; /* what open() or ready() returned through service_state() */
};

struct service {
	const char *program, *about;
	enum service_shape shape;
	enum service_account account;
	unsigned peers;
	struct service_rights rights;
	/* With root's rights, before the jail: tables, sockets.  False: *err says what to do; the process ends. */
	bool (*open)(const struct conf *, void **state, struct buf *err);
	void (*session)(struct session *); /* SESSIONS and SINGLE */
	void (*loop)(struct loop *, const struct conf *, void *state, const int *listeners,
	    int n); /* LOOP: sets up its watches; the skeleton runs the loop */
	void (*datagram)(
	    const char *bytes, size_t n, const struct conf *, void *state); /* unix-dgram services, shape LOOP */
	bool (*changed)(void *state); /* a table that it holds was replaced: retire */
	void (*wakeup)(
	    const struct conf *, void *state); /* a wakeup byte from master came (pickup, qmgr); LOOP and SINGLE */
	void (*stop)(void *state);	       /* LOOP: orderly end was asked for; it calls loop_stop() when done */
};

int service_run(const struct service *, int argc, char **argv);

/* In a LOOP service: tell master that start-up is over (others: done by the skeleton). */
void service_ready(void);
/* The service's name in master.cf. */
const char *service_name(void);
/* Is privilege separation on (started as root)? */
bool service_separated(void);

#endif
