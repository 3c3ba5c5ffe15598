/* SPDX-License-Identifier: Apache-2.0 */
/*
 * table_file - the files behind a table: is its source there, and its index newer?
 *
 *	char *index = NULL;
 *	if (table_file_is_one("hash") && table_file_state("hash", "/etc/sallyport/access", &index) == TABLE_FILE_STALE)
 *		... index is "/etc/sallyport/access.db" ...
 *	free(index);
 *
 * Types without a file of their own (static, inline, unix, ...) are not ones.
 */
#ifndef SALLYPORT_TABLE_FILE_H
#define SALLYPORT_TABLE_FILE_H

#include <stdbool.h>

enum table_file {
	TABLE_FILE_GOOD,
	TABLE_FILE_ABSENT,
	TABLE_FILE_UNREADABLE, /* errno; EISDIR for a folder */
	TABLE_FILE_NO_INDEX,   /* the source is there, what "postmap" makes of it is not */
	TABLE_FILE_STALE,      /* the index is older than the source */
};

bool table_file_is_one(const char *type);
/* Types of table that Postfix has, of which this version may lack some; NULL at the end. */
extern const char *const postfix_types[];
bool is_postfix_type(const char *name);
bool table_file_needs_path(const char *type); /* its name is a path, and not the beginning of parameters' names */
bool table_file_has_text(const char *type);   /* its source is "key value" lines, as texthash has */

/* *index: the path of the index where it has one, to be freed; else NULL. */
enum table_file table_file_state(const char *type, const char *path, char **index);

#endif
