/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mem - memory that belongs to a lifetime, not to a variable.
 *
 * mem_*: small allocations of fixed size, for the life of a process or of a
 * long-lived object.  They succeed or end the process; free() gives them back.
 *
 * arena: everything that was made for one session or one message, given back
 * in one call.  An arena has a limit from birth: past it arena_alloc() gives
 * NULL, the string functions give "", and arena_ok() says no, so whatever a
 * client can make large is checked once, where a verdict can be given.
 *
 *	struct arena mem = ARENA(1 << 20);
 *	const char *name = arena_fmt(&mem, "%s@%s", local, domain);
 *	...
 *	if (!arena_ok(&mem))
 *		return never(why, "5.3.4", "message envelope is too large");
 *	arena_free(&mem);
 *
 * An arena is for one thread at a time.
 */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

void *mem_alloc(size_t n);	       /* not cleared */
void *mem_zero(size_t n, size_t size); /* cleared array */
void *mem_grow(void *old, size_t n, size_t size);
char *mem_str(const char *);
char *mem_fmt(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void mem_wipe(void *, size_t n); /* for secrets: not optimised away */
/* This thread is about to wait for long: what its stack needed before, and does not now, goes back to the system. */
void mem_rest_stack(void);

struct arena_block;
struct arena {
	struct arena_block *top;
	size_t used, max;
	bool full;
};
/* clang-format off */
#define ARENA(limit) { .max = (limit) }
/* clang-format on */

void *arena_alloc(struct arena *, size_t n); /* cleared, aligned; NULL past the limit */
char *arena_str(struct arena *, const char *);
char *arena_strn(struct arena *, const char *, size_t n);
char *arena_fmt(struct arena *, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
char *arena_vfmt(struct arena *, const char *fmt, va_list) __attribute__((format(printf, 2, 0)));
bool arena_ok(const struct arena *);
void arena_reset(struct arena *); /* all of it gone, one block kept for the next use */
void arena_free(struct arena *);

#define NITEMS(a) (sizeof(a) / sizeof((a)[0]))

#endif
