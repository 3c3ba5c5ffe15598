/* SPDX-License-Identifier: Apache-2.0 */
/*
 * level - compatibility_level: the defaults of early Postfix versions, and the word in the log when one of them
 * decides something.
 *
 *	if (level_decides(cf, "append_dot_mydomain"))
 *		level_notice("append_dot_mydomain", "rewrite \"%s\" to \"%s\"", short, full);
 *
 * logs: using backwards-compatible default setting append_dot_mydomain=yes to rewrite "foo" to "foo.example.com".
 * A default decides when nobody has set the parameter and the level is below the one that brought the new default.
 */
#ifndef CONF_LEVEL_H
#define CONF_LEVEL_H

#include "lib/conf/conf.h"

#define LEVEL_NEWEST "3.11" /* from here on no default is backwards-compatible */

/* "3", "3.6" or "3.6.1"? */
bool level_ok(const char *text);
/* Is compatibility_level below this one? */
bool level_below(const struct conf *, const char *level);

/* Does the old default of this parameter decide?  It must be one of those that depend on the level. */
bool level_decides(const struct conf *, const char *name);
/* fmt: what it is used for, "rewrite ..." */
void level_notice(const char *name, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The parameters whose default depends on the level, sorted by name. */
struct level_default {
	const char *name;
	const char *level; /* the first one with the new default */
	const char *old;   /* the default below it, as it is shown */
};
extern const struct level_default level_defaults[];
extern const size_t level_ndefaults;

#endif
