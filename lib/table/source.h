/* SPDX-License-Identifier: Apache-2.0 */
/*
 * source - the text that a table is made of, entry by entry: for texthash, postmap and postalias.
 *
 *	struct source s = SOURCE("/etc/aliases", SOURCE_ALIASES, TABLE_FOLD);
 *	if (!source_open(&s, &err)) ...
 *	while (source_next(&s, &key, &value)) ...	(good until the source is freed)
 *	source_free(&s);
 *
 * A line that starts with white space continues the one before; # comments and
 * empty lines stand anywhere, also between the lines of one entry.
 *
 *	SOURCE_MAP	key, white space, value, as in postmap(1); a key in quotes may have blanks, and keeps the quotes
 *	SOURCE_ALIASES	name: value, as in aliases(5): the name without quotes, the list written anew, "a, b"
 *	SOURCE_EITHER	as SOURCE_MAP, but a key that a colon ends is an alias's name: texthash reads both
 *
 * What is no entry is left out with a warning that names file and line, and is
 * counted.  A source may be anybody's file: it is bounded, and a byte of 0 ends what is read of it.
 */
#ifndef TABLE_SOURCE_H
#define TABLE_SOURCE_H

#include "lib/base/buf.h"
#include "lib/base/mem.h"

#include <sys/stat.h>

enum source_format { SOURCE_MAP, SOURCE_ALIASES, SOURCE_EITHER };
enum { SOURCE_MAX = 1 << 30, SOURCE_ENTRY_MAX = 1 << 20 /* of a key, and of a value */ };

struct source {
	const char *name; /* as warnings say it */
	enum source_format format;
	bool fold;  /* keys become lower case */
	bool utf8;  /* what is not UTF-8 is no entry, and all letters are folded */
	bool quiet; /* no warnings: who only looks has them told elsewhere */
	/* Gets what would be a warning of the log, with the line that it is about (0: the file); NULL: it is one. */
	void (*complain)(void *ctx, int line, const char *text);
	void *ctx;
	struct buf text;
	struct arena more; /* values that grew */
	char *cursor;
	int line, next_line; /* where the entry begins that source_next() gave, and where the next one may */
	unsigned long left_out;
	struct stat seen; /* the file's, when it was read */
};
/* clang-format off */
#define SOURCE(name_, format_, fold_) { .name = (name_), .format = (format_), .fold = (fold_), \
	.text = BUF(SOURCE_MAX), .more = ARENA(SOURCE_MAX), .next_line = 1 }
/* clang-format on */

bool source_open(struct source *, struct buf *err); /* a regular file of that name */
bool source_open_at(struct source *, int dir, const char *file, struct buf *err);
bool source_read(struct source *, int fd); /* what is open already; false: errno */
bool source_take(struct source *, const char *text);
bool source_next(struct source *, char **key, char **value);
size_t source_at(const struct source *); /* octets that lie behind us, for a progress report */
void source_free(struct source *);

#endif
