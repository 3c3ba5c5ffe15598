/* SPDX-License-Identifier: Apache-2.0 */
/*
 * library - a library of the system that is loaded when it is needed, so that who does not need it pays nothing
 * at start: sendmail and postdrop start anew for each message, and may be linked without any.
 *
 *	static struct { __typeof__(&idn2_free) free; } idn2;
 *	static const struct library_call calls[] = { { "idn2_free", offsetof(...) } };
 *	if (library_load((const char *const[]){ "libidn2.so.0", NULL }, calls, NITEMS(calls), &idn2, why)) ...
 *
 * Not from within a jail: the file is not there.  Once for each library (pthread_once); it stays.
 */
#ifndef BASE_LIBRARY_H
#define BASE_LIBRARY_H

#include <stdbool.h>
#include <stddef.h>

enum { LIBRARY_WHY = 256 };

struct library_call {
	const char *name;
	size_t at; /* where in the caller's struct the function's address goes */
};

/* The first of the files, up to NULL, that is there, with all of the calls; false: why says what is not. */
bool library_load(const char *const *files, const struct library_call *, size_t n, void *to, char why[LIBRARY_WHY]);

#endif
