/* SPDX-License-Identifier: Apache-2.0 */
/* fake_inside - the listener that fakes share; shared between the thread of the fake and the test. */
#ifndef TESTS_SUPPORT_FAKE_INSIDE_H
#define TESTS_SUPPORT_FAKE_INSIDE_H

#include "lib/base/buf.h"
#include "lib/ipc/ipc.h"
#include "tests/support/fakes.h"

#include <pthread.h>

enum { FAKE_STRINGS = 20000 };

struct fake {
	int listener, stop[2];
	pthread_t thread;
	void (*serve)(struct fake *, int fd); /* one connection; closes it */
	char *words;
	/* all below with the lock */
	pthread_mutex_t lock;
	pthread_cond_t more;
	char *told[FAKE_STRINGS];
	size_t n, read;
	struct buf content;
	long begun, committed;
};

struct fake *fake_start(const char *socket, const char *words, void (*serve)(struct fake *, int fd));
void fake_tell(struct fake *, char *text); /* takes it over */
bool fake_said(const struct fake *, const char *word, const char **rest);

/* The message's name and the fields that are worth it. */
char *fake_text(const struct msg *, const void *rec);

/* Wait for input on the connection or the end of the test; false: the end. */
bool fake_wait(struct fake *, struct conn *);

#endif
