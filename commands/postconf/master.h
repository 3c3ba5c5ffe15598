/* SPDX-License-Identifier: Apache-2.0 */
/* master - what showing and changing master.cf have in common. */
#ifndef POSTCONF_MASTER_H
#define POSTCONF_MASTER_H

#include "lib/base/mem.h"
#include "lib/conf/mastercf.h"

#include <stdio.h>

/* "name/type", cut apart at its last '/'; type is NULL without one. */
struct master_key {
	char *name, *type;
};
struct master_key master_key(struct arena *, const char *text); /* its strings are the arena's */
bool master_key_matches(const struct master_key *, const char *name, const char *type); /* "*" is any */

/* The eight columns and the arguments, with a line end; fold puts each -o on a line of its own. */
void master_print(FILE *, const struct mastercf_service *, bool fold);

#endif
