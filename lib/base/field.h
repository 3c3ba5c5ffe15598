/* SPDX-License-Identifier: Apache-2.0 */
/*
 * field - a struct whose members have names, types, defaults, bounds and text.
 *
 * One row per member drives parameters (lib/conf/params.def), messages
 * between daemons (the .def files of lib/ipc) and queue file records (lib/mail): storing,
 * parsing, printing and documenting are the same few functions for all.
 *
 *	struct who { C_STR name; C_INT age; };
 *	static const struct field rows[] = {
 *		{ "name", F_STR, offsetof(struct who, name), NULL, 0, 0, 1, "as in the passport" },
 *		{ "age", F_INT, offsetof(struct who, age), "0", 0, 150, 1, "in years" },
 *	};
 *
 * C_<type> is the C type behind F_<type>; C_STR and C_RAW are const char *,
 * never NULL after parsing.  Text forms:
 *	STR RAW   any bytes but NUL (RAW: a parameter that is expanded at use)
 *	INT SIZE  decimal, an optional '-' for INT
 *	BOOL      yes or no
 *	TIME      seconds; in text a number with s m h d w; without a letter, the
 *	          letter that the default has (so "maximal_queue_lifetime = 5" is days)
 */
#ifndef BASE_FIELD_H
#define BASE_FIELD_H

#include "lib/base/buf.h"
#include "lib/base/mem.h"

enum field_type { F_STR, F_RAW, F_INT, F_SIZE, F_BOOL, F_TIME };

typedef const char *C_STR;
typedef const char *C_RAW;
typedef long C_INT;
typedef long C_SIZE;
typedef bool C_BOOL;
typedef long C_TIME;
_Static_assert(sizeof(long) == 8, "sizes and microseconds need 64 bits");

struct field {
	const char *name;
	enum field_type type;
	size_t at;	  /* offsetof the member */
	const char *dflt; /* NULL: must be given */
	long least, most; /* numbers only; most == 0: no bounds */
	int since;	  /* protocol or format version that brought it */
	const char *doc;
};

/*
 * Text into the member.  Strings are copied into mem.  False: *why is a
 * sentence without the field's name ("bad numeric value: 5x"), in mem too.
 */
bool field_parse(const struct field *, const char *text, struct arena *mem, void *rec, const char **why);

/* The member as text, in the form that field_parse() reads back exactly. */
void field_print(struct buf *, const struct field *, const void *rec);

/* The row of that name, or NULL; rows in any order. */
const struct field *field_find(const struct field *rows, size_t n, const char *name);

/* All members to their defaults; required strings become "". */
void field_defaults(const struct field *rows, size_t n, struct arena *mem, void *rec);

/*
 * Records as text, the form of messages and queue files: name=value NUL ...,
 * for rows whose since is at most version.
 */
void record_put(struct buf *, const struct field *rows, size_t n, const void *rec, int version);

/*
 * The other way.  text holds len bytes of name=value NUL.  Within version an
 * unknown, missing, repeated or unparsable field is an error: false, and *why
 * says which.  Fields beyond version take their defaults.
 */
bool record_get(const struct field *rows, size_t n, const char *text, size_t len, int version, struct arena *mem,
    void *rec, const char **why);

#endif
