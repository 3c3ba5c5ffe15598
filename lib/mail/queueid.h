/* SPDX-License-Identifier: Apache-2.0 */
/*
 * queueid - long queue ids in Postfix's form, unique without a rename.
 *
 * "4g9xQs2k1Rz3Bt": seconds in base 52 (at least 6 digits), microseconds in
 * base 52 (4 digits), 'z', and the thread's kernel id in base 51.  Digits are
 * 0-9, B-Z and b-z without vowels, in ASCII order; base 51 has no 'z'.  So ids
 * sort by time, and two threads never make the same one.  One thread must not
 * ask twice for the same microsecond (qfile_create() would say EEXIST).
 *
 * Pure functions.
 */
#ifndef MAIL_QUEUEID_H
#define MAIL_QUEUEID_H

#include <stdbool.h>
#include <stddef.h>

enum { QUEUEID_MAX = 32 }; /* with its NUL */

void queueid_make(long us, unsigned long thread, char out[QUEUEID_MAX]);
bool queueid_ok(const char *);	 /* could be one: nothing that is a path or an option */
long queueid_time(const char *); /* microseconds since 1970; -1: not a long id */

/*
 * "A/B/4g9x..." with depth subfolders (hash_queue_depth), hexadecimal digits
 * of the microseconds, least significant first; a short id is spread by its
 * CRC.  The buffer must have QUEUEID_MAX + 2 * depth bytes; id must be queueid_ok().
 */
void queueid_path(const char *id, int depth, char *out, size_t size);

#endif
