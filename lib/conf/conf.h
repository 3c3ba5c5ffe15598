/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conf - what the administrator wants: main.cf, evaluated once, read-only ever after.
 *
 * A process loads its configuration at start and hands a const struct conf *
 * to each session; no code reads a global one.  Each row of params.def is a
 * member, so a misspelt parameter does not compile:
 *
 *	struct conf_args a = { .dir = "/etc/sallyport", .overrides = o, .noverrides = 2 };
 *	struct buf err = BUF(4096);
 *	const struct conf *cf = conf_load(&a, &err);
 *	if (cf == NULL)
 *		log_fatal(EX_CONFIG, "%s", buf_str(&err));	(file, line and remedy are in it)
 *	... cf->smtpd_timeout ...				(seconds)
 *
 * Overrides (-o name=value of master.cf) win over main.cf, which wins over
 * the defaults.  $name, ${name}, $(name), ${name?text}, ${name:text},
 * ${name?{a}:{b}}, ${{a} == {b} ? {c} : {d}} and nested forms are expanded as
 * postconf(5) says; $$ is a dollar sign.  Operators == != < <= > >= compare
 * numbers when both sides are numbers; <level and friends compare
 * compatibility levels.  RAW parameters are not expanded.
 *
 * Read-only after conf_load(): share it between threads as you like.
 */
#ifndef CONF_CONF_H
#define CONF_CONF_H

#include "lib/base/buf.h"
#include "lib/base/field.h"

struct conf_dict;

/* One member per row of params.def, sorted by name. */
struct conf {
#define PARAM(type, name, dflt, least, most, status, who, doc)		     C_##type name;
#define PARAM_NAMED(type, member, name, dflt, least, most, status, who, doc) C_##type member;
#include "lib/conf/params.def"
#undef PARAM
#undef PARAM_NAMED
	const struct conf_dict *dict; /* everything else: names that users define, patterns */
};

struct conf_args {
	const char *dir;	      /* config_directory; main.cf is in it */
	const char *const *overrides; /* "name=value", later ones win */
	size_t noverrides;
	bool stress;	    /* ${stress} is "yes" */
	bool defaults_only; /* postconf -d: main.cf is not read */
	/*
	 * postconf: nothing is evaluated.  The members of struct conf are not set, values are
	 * expanded when they are asked for, and the conf is for one thread.
	 */
	bool lenient;
	bool few; /* with lenient: for commands that ask for few parameters; defaults are looked up when asked for */
};

/* What becomes of a value that somebody sets; why is the row's note. */
enum param_status {
	PARAM_WORKS,	 /* a program does what it says */
	PARAM_NO_EFFECT, /* accepted, and means nothing here */
	PARAM_REFUSED,	 /* dangerous or gone */
	PARAM_NOT_BUILT, /* comes in a later version */
};

/*
 * A parameter's row.  Its texts are places in a block that they share: pointers would be relocated
 * in each program that starts, which makes all pages of the table a copy of its own.
 */
struct param {
	long least, most;
	enum field_type type;
	enum param_status status;
	unsigned at; /* offsetof the member */
	unsigned name, dflt, note, who, doc;
};
extern const struct param conf_params[];
extern const size_t conf_nparams;
const char *param_name(const struct param *);
const char *param_who(const struct param *); /* the programs that read it, apart by blanks */
enum param_status param_status(const struct param *);
/* NO_EFFECT: why.  REFUSED: what to do instead.  NOT_BUILT: what is missing.  WORKS: "".  No full stop. */
const char *param_note(const struct param *);
struct field param_field(const struct param *);

/* NULL: *err is "file, line N: what is wrong; what to do".  Nothing is half loaded. */
const struct conf *conf_load(const struct conf_args *, struct buf *err);
void conf_free(const struct conf **);

/*
 * Any parameter by name, expanded: rows of the table, names that main.cf or
 * overrides define, and the families <transport>_destination_... and the like.
 * NULL: nobody defines it.  The string lives as long as the conf.
 */
const char *conf_get(const struct conf *, const char *name);

/* The same for a number or a time, bounded below by 0; dflt when nobody defines it. */
long conf_get_long(const struct conf *, const char *name, long dflt);
long conf_get_time(const struct conf *, const char *name, long dflt);

/*
 * $name and the other forms within text, by the parameters of cf and, before
 * them, by lookup (may be NULL, and ctx with it): the value of name, or NULL for "not mine".
 * What comes from a lookup is never expanded again (nothing that a client
 * sent is).  False: *out is bad or the macro syntax is, err says what.
 */
typedef const char *conf_lookup(void *ctx, const char *name);
bool conf_expand(const struct conf *, const char *text, conf_lookup *, void *ctx, struct buf *out, struct buf *err);

/*
 * Defaults that must be computed (myhostname, mydomain, mynetworks, ...): a
 * function that lib/service or a command registers before conf_load().  It
 * writes the default's text, which is expanded like any other.
 */
typedef void conf_compute(const struct conf_dict *, struct buf *out);
void conf_computed(const char *name, conf_compute *);

/* A parameter while the dictionary is being evaluated, for conf_compute functions; NULL: none. */
const char *conf_dict_get(const struct conf_dict *, const char *name);
/* Does main.cf or an override say something about name?  Asks without evaluating it. */
bool conf_dict_has(const struct conf_dict *, const char *name);

/*
 * main.cf as written, in order, for postconf -n and the checks.  Reads
 * master.cf too, to see what it mentions (a broken one mentions nothing).
 * For one thread.
 */
struct conf_line {
	const char *name, *value; /* not expanded; folded lines joined by one blank */
	int line;		  /* where it starts */
	bool known;	 /* a row of the table, a name of old, or the member of a family for a service of master.cf */
	bool used;	 /* known, or mentioned by another value or by master.cf */
	bool overridden; /* a later line has the same name */
};
const struct conf_line *conf_lines(const struct conf *, size_t *n);
/* Lines of main.cf that are left out, "path, line N: why" and a line end each; "": there are none. */
const char *conf_warnings(const struct conf *);

/*
 * The unexpanded value in force and where it comes from ("/etc/sallyport/main.cf", 12;
 * "-o", "-c" or "default" with line 0); NULL: nobody defines it.  file and line may be NULL.
 */
const char *conf_source(const struct conf *, const char *name, const char **file, int *line);

#endif
