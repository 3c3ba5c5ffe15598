/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dict - names and their values: overrides above main.cf above defaults.
 *
 * For lib/conf alone.  While it is open (before dict_close()), a value is
 * expanded when it is first asked for, and kept; afterwards nothing in it
 * changes, so that threads may share it.  Values refer to each other freely;
 * one that refers to itself, however indirectly, is an error that names the
 * whole circle.
 */
#ifndef CONF_DICT_H
#define CONF_DICT_H

#include "lib/base/hash.h"
#include "lib/conf/conf.h"
#include "lib/conf/expand.h"
#include "lib/conf/params.h"

struct dict_entry {
	const char *name;
	const char *raw;   /* not expanded; NULL: computed when asked for */
	const char *value; /* expanded; NULL: not yet, or RAW */
	const char *file;  /* "/etc/sallyport/main.cf", "-o", "-c", "default" */
	int line;
	const struct param *row; /* of the table or of a family; NULL: the user's own */
};

struct dict_chain; /* the names that are being expanded right now */
struct conf_dict {
	struct hash entries;
	struct arena *mem;
	const struct dict_chain *chain; /* while a conf_compute function runs */
	struct buf *err;		/* the same */
	bool open;
	bool defaults_later; /* dict_entry() makes them; only while open */
};

/* Later calls win. */
void dict_set(struct conf_dict *, const char *name, const char *raw, const char *file, int line);
/* A default for each row of the table that has no entry yet. */
void dict_defaults(struct conf_dict *);

/* The entry, or NULL.  A family's member that nobody set has none. */
struct dict_entry *dict_entry(const struct conf_dict *, const char *name);
/* The same, but a family's member that nobody set has the entry of its default. */
struct dict_entry *dict_entry_for(const struct conf_dict *, const char *name);

/* Appends the expanded value; false: *err. */
bool dict_value(const struct conf_dict *, const char *name, struct buf *out, struct buf *err);
/* Expands one entry that is not RAW and keeps the result; only while open. */
bool dict_expand(struct conf_dict *, struct dict_entry *, struct buf *err);
/* The unexpanded text: computed defaults are computed now; NULL: *err. */
const char *dict_raw(const struct conf_dict *, struct dict_entry *, struct buf *err);

/* Any text, with names that the caller knows before the dictionary's. */
bool dict_text(const struct conf_dict *, const char *text, conf_lookup *, void *ctx, struct buf *out, struct buf *err);

/* "/etc/sallyport/main.cf, line 12: relayhost", "-o relayhost=...", "default of relayhost". */
void dict_place(const struct dict_entry *, struct buf *out);

void dict_free(struct conf_dict *);

#endif
