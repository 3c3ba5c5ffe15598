/* SPDX-License-Identifier: Apache-2.0 */
/* master - what showing and changing master.cf have in common. */
#ifndef POSTCONF_MASTER_H
#define POSTCONF_MASTER_H

#include "commands/postconf/layout.h"
#include "lib/base/mem.h"
#include "lib/conf/mastercf.h"

/* "name/type/item", cut apart at each '/'; the last parts are NULL when they are not there.  "*" is any. */
struct master_key {
	const char *name, *type, *item;
};
/* Its strings are the arena's.  False: there are not least to most parts, or the first one is empty. */
bool master_key(struct arena *, const char *text, size_t least, size_t most, struct master_key *out);
bool master_key_matches(const struct master_key *, const char *name, const char *type);
bool master_key_item(const struct master_key *, const char *item);

/* The names of the eight columns, as -F has them. */
enum { MASTER_COLUMNS = 8, MASTER_COMMAND = 7 };
extern const char *const master_columns[MASTER_COLUMNS];
int master_column(const char *name); /* -1: there is none of that name */

/* The eight columns and the arguments, with a line end; fold puts each -o on a line of its own. */
void master_print(FILE *, const struct mastercf_service *, bool fold);
/* The program and its arguments. */
void master_command(struct layout *, const struct mastercf_service *);
const char *master_command_text(struct arena *, const struct mastercf_service *);

#endif
