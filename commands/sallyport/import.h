/* SPDX-License-Identifier: Apache-2.0 */
/*
 * import - a configuration of Postfix becomes ours; what the parts of it share, each a file of one subject.
 *
 * Everything is read and judged before anything is written: a folder that
 * cannot be taken over leaves no trace.  What stands in the old folder is
 * hostile: it names files, and may be links, but decides neither where we
 * write nor what somebody else's link makes us read.
 *
 *	import_load()		main.cf and master.cf, and what they mean
 *	import_plan()		which files they name, and what becomes of each
 *	import_inside()		which files these name in turn
 *	import_rewrite()	main.cf and master.cf with our paths
 *	import_judge()		each setting and service: the same, or how it differs
 *	import_write()		the files, main.cf last
 *	import_index()		the indexes of the tables
 *	import_print()		the report
 *
 * Strings live in import.mem.
 */
#ifndef SALLYPORT_IMPORT_H
#define SALLYPORT_IMPORT_H

#include "lib/base/hash.h"
#include "lib/conf/conf.h"
#include "lib/conf/maincf.h"
#include "lib/conf/mastercf.h"

#include <stdio.h>
#include <sys/stat.h>

enum { IMPORT_TEXTS = 1000 };

enum import_fate {
	FILE_COPY,  /* is written, or was */
	FILE_THERE, /* stands there already, with the same content */
	FILE_STAYS, /* the configuration names it where it is */
	FILE_ABSENT /* is named, and is not there */
};
/* What may be in it that names further files. */
enum import_content {
	CONTENT_PLAIN,
	CONTENT_ALIASES, /* aliases(5), or a list that it includes: ":include:/path" */
	CONTENT_LIST	 /* patterns, as in mydestination: "/path", "type:/path" */
};
enum import_index { INDEX_NONE, INDEX_GOOD, INDEX_WANTED, INDEX_MADE, INDEX_FAILED };
struct import_file {
	const char *path; /* as the old configuration names it */
	const char *rel;  /* below both folders; NULL: not below the old one */
	const char *note; /* why it stays, or NULL */
	enum import_fate fate;
	struct stat st;
	const struct buf
	    *text; /* main.cf, master.cf and what names files of the old folder, rewritten; NULL: as it is */
	enum import_content content;
	const char *type, *maker; /* of a table with an index: "hash", and what makes it, "postmap"; or NULL */
	enum import_index index;
};

enum same { SAME_SAME, SAME_DIFFERS, SAME_NO_EFFECT, SAME_REFUSED, SAME_NOT_BUILT, SAMES };
extern const char *const same_names[], *const same_titles[];

enum judged { JUDGED_SETTING, JUDGED_SERVICE, JUDGED_DEFAULT };
struct judgement {
	enum judged what;
	enum same same;
	const char *file; /* main.cf, master.cf; NULL for a default */
	int line;
	const char *service;		/* "smtp/inet", NULL in main.cf */
	const char *name, *value;	/* of a setting; of a service its program */
	const char *note;		/* how it differs, why; NULL: nothing to say */
	const char *successor, *remedy; /* of a name of old: what took its place, and what to write; or NULL */
};

struct file_name;
struct import {
	const char *from, *as, *to; /* the folder, the name that its files have for it, our folder; absolute */
	bool json, dry_run, force;
	int dir;     /* from, open */
	uid_t owner; /* of from: whose links are followed, as root's are */

	const struct conf *cf;	 /* as it is there */
	const struct conf *ours; /* as our folder has it now: main.cf, if there is one, and the defaults */
	struct mastercf *master;
	struct buf main_old, master_old, main_new, master_new;
	struct stat main_st, master_st;

	struct import_file *files;
	size_t nfiles;
	struct hash by_path;
	struct buf *texts[IMPORT_TEXTS]; /* those that were rewritten */
	size_t ntexts;
	struct judgement *rows;
	size_t nrows;
	struct arena mem;
};

/* import.c */
_Noreturn void import_fail(int status, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* import_load.c */
void import_load(struct import *); /* ends the command when it cannot be read */
/* Reads rel below from; -1: errno.  EPERM: a link of somebody who is neither root nor the owner. */
int import_open(const struct import *, const char *rel, struct stat *st);

/* import_plan.c */
void import_plan(struct import *);
/* What a file that is planned already names in its text; parameter is the one that names that file. */
void import_plan_inside(struct import *, enum import_content, const struct file_name *);
const struct import_file *import_file_of(const struct import *, const char *rel);

/* import_own.c: parameters that describe an installation; ours is another one. */
bool import_left_out(const char *name);
/* Keys, certificates, folders, programs: what is not copied, so that a path in it goes on naming what it named. */
bool import_keeps_paths(const char *name);
bool import_is_key(const char *name); /* of those: a key, a certificate or the like */
/* A table that the daemons write by themselves, and make when it is not there. */
bool import_is_cache(const char *name);

/* import_text.c: pure. */
struct file_name {
	const char *type; /* "hash", "mysql"; NULL: only a path */
	const char *path;
	bool table; /* the type is one that lives in a file */
};
/* Each file and table that an expanded value names; cuts it. */
void text_files(char *value, void (*each)(void *ctx, const struct file_name *), void *ctx);
/* What stands before a colon, and may be a type of table: of inline tables and those of others too; cuts it. */
void text_types(char *value, void (*each)(void *ctx, const char *type), void *ctx);
/*
 * Copies n bytes of an unexpanded value.  Where as/... or $config_directory/... stands, moves() is asked with what
 * follows: yes makes it to/... (with $config_directory it already is), no makes it as/...
 */
struct text_move {
	const char *as, *to;
	bool (*moves)(void *ctx, const char *rel);
	void *ctx;
};
void text_move(const struct text_move *, const char *s, size_t n, struct buf *out);
/* "./a//b/" is "a/b"; false: it leads out of the folder, or to the folder itself. */
bool text_below(const char *path, char *out, size_t size);

/* import_inside.c */
void import_inside(struct import *);	     /* while files are planned, before main.cf and master.cf are */
void import_rewrite_inside(struct import *); /* when all are */

/* import_rewrite.c */
void import_rewrite(struct import *);

/* import_judge.c */
void import_judge(struct import *);

/* import_write.c */
void import_compare(struct import *); /* ends the command when other files are in the way */
void import_write(struct import *);

/* import_index.c */
void import_index(struct import *);

/* import_print.c */
void import_print(FILE *, const struct import *);
void import_print_json(FILE *, const struct import *);

#endif
