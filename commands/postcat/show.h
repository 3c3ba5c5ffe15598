/* SPDX-License-Identifier: Apache-2.0 */
/*
 * show - one file of the queue in human-readable form, on the standard output.
 *
 *	ok = show_queue_file(q, "active/4g9x", &how);
 *
 * Whatever the file holds, what stands in its envelope and history is printed
 * on one line each, control characters as '?'.  Header and body are printed
 * as they are, with LF line ends.
 */
#ifndef COMMANDS_POSTCAT_SHOW_H
#define COMMANDS_POSTCAT_SHOW_H

#include "lib/mail/qfile.h"

struct show {
	bool envelope, header, body, offsets;
};

bool show_queue_file(const struct qfile *, const char *name, const struct show *); /* false: said why on stderr */

/* What sendmail dropped, and no cleanup has seen yet. */
bool show_is_maildrop(int fd);
bool show_maildrop(int fd, const char *name, const struct show *);

/* "name: value" for both. */
void show_line(const char *name, const char *value);
void show_time(const char *name, long us);
void show_mark(const char *what, const char *name); /* *** WHAT name *** */

/* Bytes with CRLF as LF; *cr: the last piece ended in a CR that is still owed. */
void show_content(const char *bytes, size_t n, bool *cr);

#endif
