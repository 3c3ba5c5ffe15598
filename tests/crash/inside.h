/* SPDX-License-Identifier: Apache-2.0 */
/* What the two halves of the preloaded library share: points.c decides, wrappers.c stands before libc. */
#ifndef CRASH_INSIDE_H
#define CRASH_INSIDE_H

#include "tests/crash/points.h"

#pragma GCC visibility push(hidden) /* the programs and their libraries have names of their own */

enum turn { GO, GO_AND_DIE, FAIL, HALF }; /* with FAIL errno is set */

extern struct points *shared; /* NULL: nobody wants anything of this process */

enum turn point(enum points_class, const char *kind, const char *place);
enum turn point_fd(int fd, const char *kind, enum points_class on_file, enum points_class on_peer);
enum turn point_at(int dir, const char *path, const char *kind, enum points_class);
void behind(enum turn); /* after the call: the end, if it was to come there */
void *next(const char *name);

#pragma GCC visibility pop

#endif
