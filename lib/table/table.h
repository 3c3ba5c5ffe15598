/* SPDX-License-Identifier: Apache-2.0 */
/*
 * table - lookup tables: "type:name", one interface, one file per type.
 *
 *	struct table *t = table_open("texthash:/etc/aliases", TABLE_FOLD, &env, &err);
 *	switch (table_get(t, "root", &mem, &value, &why)) {
 *	case TABLE_FOUND:  ...
 *	case TABLE_ABSENT: ...
 *	case TABLE_ERROR:  return why.fate;	(always FATE_LATER: a failing table is never "not found")
 *	}
 *
 * Tables are opened before the jail and read from any thread: a type that is
 * not thread-safe locks inside.  Values live in mem.
 */
#ifndef TABLE_TABLE_H
#define TABLE_TABLE_H

#include "lib/base/verdict.h"
#include "lib/conf/conf.h"

struct table;
struct table_trial;

enum table_flags {
	TABLE_FOLD = 1,	     /* keys are folded to lower case, but not for types that match patterns or ask a server */
	TABLE_REGEXP_OK = 2, /* $1 in results may stand for what a client sent */
	TABLE_ASCII = 4,     /* smtputf8_enable has no say: ASCII letters only are folded, and keys may be any bytes */
	TABLE_UTF8 = 8,	     /* for the types, from table_open(): folded as UTF-8 (lib/base/fold.h) */
	TABLE_FLAGS = 15,
};
enum table_result { TABLE_FOUND, TABLE_ABSENT, TABLE_ERROR };

struct table_env { /* what a type may need */
	const struct conf *cf;
	const char
	    *proxymap; /* socket of the proxymap service; NULL: types that need it open directly (proxymap itself) */
	/*
	 * For "sallyport check", which wants to know what a configuration comes to, with faults and all: proxy:X is
	 * X itself, a table that cannot be opened is one without entries or its text source, and nothing is logged.
	 * Each table is opened once, and shared by who asks for it again; NULL: this is no trial.
	 */
	struct table_trial *trial;
	bool direct; /* for commands of the administrator: proxy:X is X itself, with its errors */
	/*
	 * Gets what would be warnings about the rules of a table, with file and line ("": it stands in the name).  Nothing
	 * else is logged then, and no index made anew: who asks has words of his own.  NULL: the log gets them.
	 */
	void (*complain)(void *ctx, const char *file, int line, const char *text);
	void *ctx;
};

typedef void table_visit(void *ctx, const char *key, const char *value);

struct table_type {
	const char *name;
	const char *about;
	bool proxied;  /* needs a network or the user database: opened only in proxymap, reached through it elsewhere */
	bool patterns; /* of patterns, or behind a server: asked for whole keys only, and as they are written */
	/* Tables made of tables: is one of them such a table?  Keys go on as they are written. */
	bool (*patterns_within)(void *);
	/* NULL: err says why, with file and line. */
	void *(*open)(const char *name, unsigned flags, const struct table_env *, struct buf *err);
	enum table_result (*get)(void *, const char *key, struct arena *, const char **value, struct verdict *why);
	bool (*each)(void *, table_visit *, void *ctx, struct verdict *why); /* NULL: its entries cannot be told */
	/* Where the rule stands that a key comes under: file and line; NULL: the type does not know. */
	bool (*where)(void *, const char *key, const char **file, int *line);
	bool (*changed)(void *);	/* the source was replaced since open; NULL: never */
	const char *(*trouble)(void *); /* why it is open and yet no use, or NULL; NULL: such a type does not open */
	bool (*hold)(void *);		/* see table_hold(); NULL: there is nothing to hold */
	void (*release)(void *);	/* after a hold that was true */
	/* What can be written has all three, as table_put() and its sisters say. */
	bool (*put)(void *, const char *key, const char *value, struct verdict *why);
	enum table_result (*remove)(void *, const char *key, struct verdict *why);
	enum table_result (*next)(
	    void *, const char *after, struct arena *, const char **key, const char **value, struct verdict *why);
	void (*close)(void *);
};
extern const struct table_type *const table_types[]; /* sorted by name, NULL at the end */

/* NULL: *err names the table and says what to do (unknown type: the nearest known ones). */
struct table *table_open(const char *spec, unsigned flags, const struct table_env *, struct buf *err);
enum table_result table_get(struct table *, const char *key, struct arena *, const char **value, struct verdict *why);
/*
 * Many look-ups follow now: a file stays locked and is looked at only once, until
 * table_release().  Who makes it waits that long, so let it be a moment.  False: there is nothing to release.
 */
bool table_hold(struct table *);
void table_release(struct table *);
/* For those who explain, not for those who deliver; false: the type does not know.  file lives as long as the table. */
bool table_where(const struct table *, const char *key, const char **file, int *line);
bool table_is_patterns(const struct table *);
const char *table_spec(const struct table *);
bool table_changed(struct table *); /* the process should retire */
/*
 * A file-backed table that is missing or damaged opens all the same: look-ups fail until it is there.
 * Who would rather not begin with such a table asks here; NULL: nothing is known to be wrong.
 */
const char *table_trouble(const struct table *);
/* Every entry, in the table's own order; false: *why, also when the type cannot do that.  Keys and values are the visitor's to copy. */
bool table_each(struct table *, table_visit *, void *ctx, struct verdict *why);
void table_free(struct table **);

struct table_trial *table_trial_new(void);
void table_trial_free(struct table_trial **); /* all tables of it must have been freed */
/*
 * Tables that can be written; one of another type is an error that says so.
 * remove: found is "it was there".  next: the entry after that of a key, NULL for
 * the first one; absent is the end.  Who removes entries asks for the next one before.
 */
bool table_put(struct table *, const char *key, const char *value, struct verdict *why);
enum table_result table_remove(struct table *, const char *key, struct verdict *why);
enum table_result table_next(
    struct table *, const char *after, struct arena *, const char **key, const char **value, struct verdict *why);

/* The next word of a list whose words may have braces in them, with blanks within; cuts *cursor; NULL: the end. */
char *table_word_next(char **cursor);
/* The same for a list of tables, of which each may stand in braces of its own. */
char *table_spec_next(char **cursor);

/* "$alias_maps, proxy:unix:passwd.byname": opened together, searched in order, first found wins. */
struct table_list;
struct table_list *table_list_open(const char *specs, unsigned flags, const struct table_env *, struct buf *err);
enum table_result
table_list_get(struct table_list *, const char *key, struct arena *, const char **value, struct verdict *why);
/*
 * The same, and which of them found it, or failed; *which is as before otherwise.
 * whole: the key is what the caller has; no: it is only part of it (a domain,
 * an address without extension), with which tables of patterns are not asked.
 */
enum table_result table_list_find(struct table_list *, const char *key, bool whole, struct arena *, const char **value,
    const struct table **which, struct verdict *why);
size_t table_list_size(const struct table_list *);
bool table_list_changed(struct table_list *);
void table_list_free(struct table_list **);

#endif
