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
 *		.rights = { .network = true, ... },
 *		.open = open_tables,
 *		.session = smtpd_session,
 *	};
 *	int main(int argc, char **argv) { return service_run(&smtpd, argc, argv); }
 *
 * service_run() reads the arguments that master gives (args.h), loads the
 * configuration (calm and stress), opens the log, calls open() with root's
 * rights still there, then takes rights away in this order: chroot, groups,
 * user, no_new_privs, Landlock; tells master that it is ready; and serves
 * until master is gone, retirement, or SIGTERM.  What this kernel cannot
 * enforce is left out; master reports it once per start of the suite.
 *
 * Shapes.  SESSIONS: threads, one session each, up to sessions_per_process.
 * SINGLE: one session at a time and no second thread (asserted), may fork.
 * LOOP: one thread, the program's own poll loop; accepts with service_accept().
 *
 * The working directory is the queue directory; sockets have relative names.
 * open() makes no threads: what Landlock takes away, it takes from one thread.
 *
 * Retirement: after max_use sessions for each that fits at once (a process
 * with room for 100 takes 100 * max_use), after max_idle without a session,
 * when changed() says so, at SIGTERM, and when master is gone.  Then no new
 * session begins, those that run go on to their end, and the process exits.
 * LOOP services know no max_use and max_idle.  A second SIGTERM (the suite stops,
 * and has waited) makes the peers of all SESSIONS seem gone: conn_line() finds
 * the end, and service_ending() says why.
 *
 * Unix sockets: a peer whose account is not among .peers is logged and
 * closed.  A service with wakeup() and without session() is woken by any
 * connection; what the peer sends is not read.
 *
 * A type "pass" service is handed its clients by another daemon: one byte
 * and one descriptor (SCM_RIGHTS) over a connection of its own, from a peer
 * in PEER_QUEUE or PEER_NET.
 *
 * Signals: SIGTERM and SIGPIPE have handlers, none is blocked or ignored
 * (SESSIONS and SINGLE), so that commands start with the usual ones.
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
enum service_peers {
	PEER_QUEUE = 1,
	PEER_NET = 2,
	PEER_KEY = 4,
	PEER_USERS = 8, /* anybody on this host */
	PEER_ANY = 16,	/* anybody, the network too */
	PEER_DROP = 32, /* whoever runs a command that is set-gid $setgid_group */
};

/* A file can be moved from one folder to another only if the other gives no right that the first does not give. */
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
	void *state; /* what open() returned */
};

struct service {
	const char *program, *about;
	enum service_shape shape;
	enum service_account account;
	unsigned peers;
	struct service_rights rights;
	/*
	 * For helpers that every daemon keeps a connection to (resolver, proxymap): SESSIONS that one
	 * process takes at once, whatever sessions_per_process says; maxproc counts processes then.
	 */
	long clients;
	/* Under that name in master.cf the program is another service; NULL: it is not.  Program and shape are the same. */
	const struct service *(*variant)(const struct conf *, const char *name);
	/* With root's rights, before the jail: tables, sockets.  False: *err says what to do; the process ends. */
	bool (*open)(const struct conf *, void **state, struct buf *err);
	void (*session)(struct session *); /* SESSIONS and SINGLE */
	void (*loop)(struct loop *, const struct conf *, void *state, const int *listeners,
	    int n); /* LOOP: sets up its watches; the skeleton runs the loop */
	void (*datagram)(
	    const char *bytes, size_t n, const struct conf *, void *state); /* unix-dgram services, shape LOOP */
	bool (*changed)(void *state); /* a table that it holds was replaced: retire; asked at most once a second */
	/* Look for work: master's timer, or (SINGLE without session) a connection; LOOP and SINGLE. */
	void (*wakeup)(const struct conf *, void *state);
	void (*close)(void *state); /* SESSIONS: the last one has ended, and the process will */
	void (*stop)(void *state);  /* LOOP: orderly end was asked for; it calls loop_stop() when done */
};

int service_run(const struct service *, int argc, char **argv);

/* In a LOOP service: tell master that start-up is over (others: done by the skeleton). */
void service_ready(void);
/* The service's name in master.cf, and what stands behind the program there, without -o; NULL at its end. */
const char *service_name(void);
const char *const *service_arguments(void);
/* Is privilege separation on (started as root)? */
bool service_separated(void);

/*
 * For LOOP services: accept one connection of a listener, peer checked,
 * TCP_NODELAY set; -1: none now.  The arguments may be NULL.
 */
int service_accept(int listener, struct addr *peer, uid_t *uid, gid_t *gid);
/* A SINGLE session made progress: it has daemon_timeout anew before it is taken for stuck, and killed. */
void service_alive(void);
/* Has the end been asked for?  Sessions that wait for more work may end then. */
bool service_ending(void);

#endif
