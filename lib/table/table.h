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
 *
 * Written tables are the caches of daemons: opened with TABLE_WRITE they are made if they are not there,
 * and known to table_put() and table_remove().  One process writes them all, the proxywrite
 * service, with or without "proxy:" before the name: the libraries of the file formats are linked into it and nothing
 * else that runs, since they take a damaged file badly.  It serves no client, has no network, and may
 * write nowhere but in $data_directory.
 *
 *	const struct table_env env = { .cf = cf, .proxywrite = "private/proxywrite" };
 *	t = table_open(cf->address_verify_map, TABLE_WRITE, &env, &err);
 *	if (!table_put(t, "joe@example.com", "0:1700000000:1:250 ok", &why)) ...
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
	TABLE_WRITE = 16, /* to be changed; a file is made.  No flag of a client's at the service */
};
enum table_result { TABLE_FOUND, TABLE_ABSENT, TABLE_ERROR };
enum { TABLE_SOME = 32 }; /* keys that are asked together */

struct table_answer {
	enum table_result result;
	const char *value; /* when found */
};

struct table_env { /* what a type may need */
	const struct conf *cf;
	const char
	    *proxymap; /* socket of the proxymap service; NULL: types that need it open directly (proxymap itself) */
	const char *proxywrite; /* socket of the service that writes tables; NULL: there is none to ask */
	const struct table_type *const *writers; /* store_types of store.h, in that service alone */
	/*
	 * For "sallyport check", which wants to know what a configuration comes to, with faults and all: proxy:X is
	 * X itself, a table that cannot be opened is one without entries or its text source, and nothing is logged.
	 * Each table is opened once, and shared by who asks for it again; NULL: this is no trial.
	 */
	struct table_trial *trial;
	unsigned depth; /* of a table within tables: nested.h counts it */
	bool direct;	/* for commands of the administrator: proxy:X is X itself, with its errors */
	/*
	 * Gets what would be warnings about the rules of a table, with file and line ("": it stands in the name).  Nothing
	 * else is logged then, and no index made anew: who asks has words of his own.  NULL: the log gets them.
	 */
	void (*complain)(void *ctx, const char *file, int line, const char *text);
	void *ctx;
};

typedef void table_visit(void *ctx, const char *key, const char *value);

/*
 * A type is one file, one row here, and its name in types.h and in table_types.  What a type may rely on, and must keep,
 * which is all that a module for a database or a directory service has to know:
 *
 *	open	With root's rights or without, before threads or among them.  It may be opened many times, also under
 *		one name.  What is wrong with name or its file is told in err with file and line, and never logged.  A server
 *		that cannot be reached is no reason not to open: its look-ups fail until it can.
 *	get	From any number of threads at once: what cannot bear that is locked, or there is one connection a
 *		thread.  It ends within a time of its own, and a table with a network within that of its configuration.
 *		TABLE_ERROR always with later() in why, also for nonsense from a server, and "not found" only
 *		when the table said so.  key is not empty, of any octets but 0, and folded when TABLE_FOLD was wished.
 *		*value is in mem: neither NULL nor the type's own; untouched unless found.
 *	proxied	Set by whatever has a library of its own that waits for a network, keeps connections, or makes threads: then
 *		get runs in proxymap alone, and everybody else's table_open() gives table_proxy.  No other place knows.
 *	All members that a row leaves out are as their comments say; none is called after close, nor two in one
 *	thread within one another.  There is no state but the handle.  Limits: a value of 60,000 octets goes
 *	through proxymap.
 */
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
	/* See table_get_some(); NULL: as good as one after another. */
	size_t (*get_some)(void *, const char *const keys[], size_t n, struct arena *, struct table_answer answers[],
	    struct verdict *why);
	/* What can be written has both, and each; opened with TABLE_WRITE.  Done, and to be seen by everybody, or *why. */
	bool (*put)(void *, const char *key, const char *value, struct verdict *why);
	enum table_result (*remove)(void *, const char *key, struct verdict *why); /* TABLE_FOUND: it was there */
	void (*close)(void *);
};
extern const struct table_type *const table_types[]; /* sorted by name, NULL at the end */

/* For env.proxymap in daemons: the service's socket, below the queue directory; to be freed. */
char *table_proxymap(const struct conf *);

/* NULL: *err names the table and says what to do (unknown type: the nearest known ones). */
struct table *table_open(const char *spec, unsigned flags, const struct table_env *, struct buf *err);
enum table_result table_get(struct table *, const char *key, struct arena *, const char **value, struct verdict *why);
/*
 * At most TABLE_SOME keys at once, each with its answer: what they need is fetched from memory together, where
 * each alone would wait for it.  The number of answers: fewer than keys where the last is TABLE_ERROR, with *why.
 */
size_t table_get_some(struct table *, const char *const keys[], size_t n, struct arena *, struct table_answer answers[],
    struct verdict *why);
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
/*
 * Every entry, in the table's own order; false: *why, also when the type cannot do that.  Keys and values are the
 * visitor's to copy.  Of a table that is written it is what was there at the beginning, and the visitor may change it.
 */
bool table_each(struct table *, table_visit *, void *ctx, struct verdict *why);
/* Of a table that was opened with TABLE_WRITE.  A key that is there gets the new value. */
bool table_put(struct table *, const char *key, const char *value, struct verdict *why);
enum table_result table_remove(struct table *, const char *key, struct verdict *why); /* TABLE_FOUND: it was there */
void table_free(struct table **);

struct table_trial *table_trial_new(void);
void table_trial_free(struct table_trial **); /* all tables of it must have been freed */

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
