/* SPDX-License-Identifier: Apache-2.0 */
/* types - the table types that are built in, one file each; for table.c alone. */
#ifndef TABLE_TYPES_H
#define TABLE_TYPES_H

#include "lib/base/hash.h"
#include "lib/table/table.h"

extern const struct table_type table_btree, table_cdb, table_hash, table_lmdb;
extern const struct table_type table_inline, table_proxy, table_rules, table_static, table_texthash, table_unix;
extern const struct table_type table_cidr, table_debug, table_environ, table_fail, table_internal, table_pcre,
    table_pipemap, table_randmap, table_regexp, table_socketmap, table_tcp, table_unionmap;

/* For table_type.each, where the values are strings; it cannot fail. */
static inline bool
types_each(const struct hash *h, table_visit *visit, void *ctx)
{
	HASH_EACH (e, h)
		visit(ctx, e->key, e->value);
	return true;
}

#endif
