/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mastercf - the services that run: master.cf, as master(5) describes it.
 *
 *	struct mastercf *m = mastercf_load("/etc/sallyport", &err);
 *	for (size_t i = 0; i < m->n; i++)
 *		... m->services[i] ...
 *	mastercf_free(&m);
 *
 * Reads continuation lines (leading white space), comments, "-" for default
 * in any column, -o name=value, -oname=value, -o { name = value } and { whole argument }.
 * Options end at the first argument that does not begin with '-': what
 * follows argv= of pipe(8) is the command's own.
 * Of several lines with one name and type only the last counts.
 * Services that our programs need and the file does not name (resolver,
 * proxymap, ...) are appended from built-in lines, marked builtin.
 */
#ifndef CONF_MASTERCF_H
#define CONF_MASTERCF_H

#include "lib/base/buf.h"

enum service_type { SERVICE_INET, SERVICE_UNIX, SERVICE_PASS, SERVICE_FIFO, SERVICE_DGRAM };

struct mastercf_service {
	const char *name;	 /* "smtp", "127.0.0.1:10025", "cleanup" */
	enum service_type type;	 /* FIFO is served as UNIX */
	const char *type_text;	 /* as written */
	bool private_;		 /* socket in private/ (default y) */
	bool unprivileged;	 /* default y */
	bool chroot;		 /* default n, here */
	bool chroot_default;	 /* "-": below compatibility_level 1 it means y, which is for the caller to see to */
	const char *columns[8];	 /* the eight columns as written ("-" for default), for postconf -M */
	long wakeup;		 /* seconds, 0: never */
	bool wakeup_if_used;	 /* the "?" behind it: only once the service was used */
	long maxproc;		 /* -1: default, 0: no limit */
	const char *program;	 /* "smtpd" */
	const char *const *argv; /* arguments without the -o ones, NULL-terminated */
	const char *const *overrides; /* "name=value" of each -o, in order */
	size_t noverrides;
	const char *const *
	    words; /* all arguments in order, for postconf -M: "-o", then "name=value", in braces where it needs them */
	const char *line_text; /* the logical line as written, newlines kept */
	int line;	       /* where it starts; 0: builtin */
	bool builtin;
	bool ignored; /* a service of Postfix's that does not exist here (scache, defer, ...) */
	const char *ignored_why;
	const char *wrong; /* as written: why mastercf_load() refuses a line that has its columns; NULL: it does not */
};

struct mastercf {
	struct mastercf_service *services;
	size_t n;
	char *path;
	const char *warnings; /* one a line, "" when there are none: lines that a later one replaces */
	const char *left_out; /* the same of lines that begin with white space and continue nothing */
	void *mem;	      /* owned */
};

/* NULL: *err is "file, line N: what is wrong; what to do". */
struct mastercf *mastercf_load(const char *dir, struct buf *err);
/* For who shows or changes the file: each line of it, repeated and wrong ones too, and nothing that is not in it. */
struct mastercf *mastercf_load_lines(const char *dir, struct buf *err);
void mastercf_free(struct mastercf **);

/* One logical line, for postconf -M name/type=line.  False: *err without a place.  Strings live in mem. */
struct arena;
bool mastercf_parse(char *line, struct arena *mem, struct mastercf_service *out, struct buf *err);
/*
 * The same for who shows or mends lines: a command with a path, and -o without a setting, which Postfix takes and
 * then cannot start, are out->wrong.  A -o that is none is in words alone.
 */
bool mastercf_parse_as_written(char *line, struct arena *mem, struct mastercf_service *out, struct buf *err);

#endif
