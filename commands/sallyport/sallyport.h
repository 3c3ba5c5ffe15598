/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sallyport - what the files of this command share: the mail system that it is about.
 */
#ifndef SALLYPORT_SALLYPORT_H
#define SALLYPORT_SALLYPORT_H

#include "lib/conf/conf.h"
#include "lib/service/accounts.h"

#include <sys/types.h>

struct place {
	const char *dir; /* configuration directory, absolute */
	const struct conf *cf;
	const char *queue, *pids; /* queue_directory and process_id_directory */
	struct accounts accounts;
	bool debug;
	bool json, force;    /* --json, --force */
	char **arguments;    /* what follows the command; NULL ends them */
	const char *trouble; /* why the configuration cannot be read; NULL: it can */
};

/* run.c: the commands; each gives the exit status. */
int command_start(const struct place *);
int command_start_fg(const struct place *);
int command_stop(const struct place *);
int command_abort(const struct place *);
int command_reload(const struct place *);
int command_flush(const struct place *);
int command_check(const struct place *);
int command_status(const struct place *);
int command_set_permissions(const struct place *);

/* explain.c */
int command_explain(const struct place *);

/* import.c: the words after "import"; to is our configuration directory, which need not be there yet. */
int command_import(const char *to, int argc, char **argv);

/* control.c: master, by its pid file and its socket. */
pid_t master_pid(const struct place *);			 /* 0: it does not run */
bool master_ask(const struct place *, struct buf *text); /* what it says of itself; false: errno */
long
master_reloads(const char *status_text, const char **failed); /* "reload N: failed: why": N; failed is NULL when well */
bool master_accepts(const struct place *, struct buf *said);  /* master -C; *said: its words */
int
master_execute(const struct place *, const char *option, bool wait); /* exit status; without wait it does not return */

#endif
