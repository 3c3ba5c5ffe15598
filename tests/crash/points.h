/* SPDX-License-Identifier: Apache-2.0 */
/*
 * points - what the harness and the library that it preloads tell each other, in one shared file.
 *
 * The harness (points.py, which has the same struct) writes the target, the
 * library counts and fires.  A point is (program, class, n): the n-th call of
 * that class since the counters were set to zero.
 */
#ifndef CRASH_POINTS_H
#define CRASH_POINTS_H

#include <stdint.h>

enum { POINTS_MAGIC = 0x63726173, POINTS_ROOTS = 16, POINTS_PROGRAMS = 64, POINTS_PIDS = 16384, POINTS_TRACE = 16384 };
enum { POINTS_PATH = 200, POINTS_NAME = 24, POINTS_KIND = 16 };

/* What a call does: to files of the queue or a Maildir, to a peer, or to our own descriptors. */
enum points_class { POINTS_NONE, POINTS_CHANGE, POINTS_READ, POINTS_SAY, POINTS_OPEN, POINTS_CLASSES };

enum points_action {
	POINTS_COUNT,
	POINTS_KILL,   /* this process */
	POINTS_FREEZE, /* everybody stops before the next call that counts, until the harness has killed all */
	POINTS_ERROR,  /* the call fails */
	POINTS_FULL,   /* this and all later changes of the program fail */
	POINTS_SHORT,  /* half of it is written */
};

struct points_program {
	char name[POINTS_NAME];
	uint32_t count[POINTS_CLASSES];
	uint32_t spare;
};

struct points_call {
	char program[POINTS_NAME], kind[POINTS_KIND], path[POINTS_PATH];
	uint32_t class, n;
};

struct points {
	uint32_t magic, armed;
	uint32_t action, target_class, target_n, after; /* after: not before the call but behind it */
	int32_t error;
	uint32_t claimed; /* somebody is the target */
	uint32_t fired, fired_pid;
	uint32_t frozen;
	uint32_t flush_delay_us; /* a disk that takes its time */
	int64_t shift_s;	 /* how much later it is */
	char target[POINTS_NAME];
	char roots[POINTS_ROOTS][POINTS_PATH]; /* the folders that count, each with a final slash */
	uint32_t nprograms, npids, ntrace, spare;
	struct points_program programs[POINTS_PROGRAMS];
	uint32_t pids[POINTS_PIDS]; /* a ring */
	struct points_call trace[POINTS_TRACE];
};

#endif
