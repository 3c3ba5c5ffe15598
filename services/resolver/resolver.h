/* SPDX-License-Identifier: Apache-2.0 */
/*
 * resolver - the state of the service: who asks, what is asked, who is asked.
 *
 * At start, and when the list of name servers changes, a question for the
 * root's keys finds out whether they pass DNSSEC on; questions wait that long.
 * If they do, answers are validated from then on, else not; one log line says
 * which, and a servers' silence is no answer: they are asked again later.
 *
 * A question that is not answered within dns_timeout gets rcode 2, as does
 * every question while no name server is known.
 */
#ifndef RESOLVER_RESOLVER_H
#define RESOLVER_RESOLVER_H

#include "lib/base/list.h"
#include "lib/conf/conf.h"
#include "lib/ipc/resolver.h"
#include "services/resolver/backend.h"

enum { CLIENT_QUESTIONS = 2000, QUESTIONS_MAX = 20000, CLIENT_UNSENT = 1 << 20, LISTENERS = 8 };

struct resolver {
	const char *resolv_conf; /* NULL: dns_server says whom to ask */
	char *anchors;		 /* trust anchors, one a line; NULL: none */
	long timeout_ms;
	bool ending;

	struct loop *loop;
	struct watch listeners[LISTENERS];
	int nlisteners;
	struct servers servers;
	struct backend *answers; /* asked now; NULL: nobody, or not known whom */
	struct backend *probed;	 /* validates; whether that works is being found out */
	struct lookup probe;
	struct timer probe_timer, file_timer, question_timer;
	struct list clients, questions; /* questions: the oldest first */
};

struct client {
	struct list_link link;
	struct resolver *r;
	struct ipc *ipc;
	struct watch watch;
	size_t questions;
};

struct question {
	struct list_link link;
	struct resolver *r;
	struct client *client; /* NULL: it has gone */
	long tag, due_ms;
	int type;
	char *name;
	struct lookup lookup; /* under way: lookup.backend is set */
};

/* upstream.c: whom to ask */
void upstream_start(struct resolver *); /* servers are known, the loop runs */
bool upstream_probing(const struct resolver *);
void upstream_stop(struct resolver *);

/* questions.c: one question's way to its answer */
void question_begin(struct client *, const struct resolver_ask *);
void questions_go(struct resolver *); /* those that waited for upstream_start() */
void questions_orphan(struct resolver *, const struct client *);

/* clients.c */
void client_add(struct resolver *, int fd);
void client_answer(struct client *, const struct resolver_answer *, const struct resolver_record *, size_t n);
/* What is asked is answered, and then the loop stops; who asks later finds the next process. */
void resolver_end(struct resolver *);
void resolver_over(struct resolver *); /* the last answer is given: all is closed, and the loop stops */

#endif
