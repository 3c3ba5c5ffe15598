/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loop - one thread that waits for many things: epoll, timers, signals.
 *
 *	struct loop *l = loop_new();
 *	struct watch w = { .fd = fd, .run = readable, .ctx = me };
 *	loop_watch(l, &w, LOOP_READ);
 *	struct timer t = { .run = tick, .ctx = me };
 *	loop_timer(l, &t, 1000);
 *	loop_signal(l, SIGTERM, stop, me);
 *	loop_run(l);			(until loop_stop())
 *
 * watch and timer structs are the caller's, alive while they are set; a
 * callback may remove itself or any other.  A timer runs once.
 * loop_idle() functions run once before each wait, when something happened.
 */
#ifndef IO_LOOP_H
#define IO_LOOP_H

#include <stdbool.h>
#include <stddef.h>

struct loop;
enum { LOOP_READ = 1, LOOP_WRITE = 2 };

struct watch {
	int fd;
	void (*run)(void *ctx, unsigned events); /* LOOP_READ also on end and error */
	void *ctx;
	unsigned events; /* the loop's */
};
struct timer {
	void (*run)(void *ctx);
	void *ctx;
	long at; /* the loop's: tick_ms() when it is due, 0 when it is not set */
	size_t place;
};

struct loop *loop_new(void);
void loop_free(struct loop **);
void loop_watch(struct loop *, struct watch *, unsigned events); /* again to change; 0 takes it out */
void loop_timer(struct loop *, struct timer *, long ms);	 /* again to move */
void loop_untimer(struct loop *, struct timer *);
void loop_signal(struct loop *, int signo, void (*)(void *ctx), void *ctx); /* signalfd; blocks the signal */
void loop_idle(struct loop *, void (*)(void *ctx), void *ctx);
void loop_run(struct loop *);
void loop_stop(struct loop *);
long loop_now(const struct loop *); /* tick_ms() of this round */

#endif
