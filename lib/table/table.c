/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/table/table.h"

#include "lib/base/text.h"
#include "lib/table/types.h"

#include <stdlib.h>
#include <string.h>

enum { SPEC_MAX = 65536, KEY_MAX = 4096 };

const struct table_type *const table_types[] = {
	&table_inline,
	&table_proxy,
	&table_static,
	&table_texthash,
	&table_unix,
	NULL,
};

struct table {
	const struct table_type *type;
	void *handle;
	unsigned flags;
	char *spec;
};

static const struct table_type *
find_type(const char *name)
{
	for (const struct table_type *const *t = table_types; *t != NULL; t++)
		if (strcmp((*t)->name, name) == 0)
			return *t;
	return NULL;
}

static void
unknown_type(const char *spec, const char *type, struct buf *err)
{
	buf_fmt(err, "%s: table type \"%s\" is not built in; there are", spec, type);
	for (const struct table_type *const *t = table_types; *t != NULL; t++)
		buf_fmt(err, " %s", (*t)->name);
}

/* "type:name" into its parts; type is the caller's to free. */
static const char *
part(const char *spec, char **type)
{
	const char *colon = strchr(spec, ':');

	if (colon == NULL || colon == spec)
		return NULL;
	*type = mem_alloc((size_t)(colon - spec) + 1);
	memcpy(*type, spec, (size_t)(colon - spec));
	(*type)[colon - spec] = '\0';
	return colon + 1;
}

struct table *
table_open(const char *spec, unsigned flags, const struct table_env *env, struct buf *err)
{
	const struct table_type *type;
	struct table *t = NULL;
	char *type_name = NULL;
	const char *name = strlen(spec) < SPEC_MAX ? part(spec, &type_name) : NULL;
	void *handle;

	if (name == NULL) {
		buf_fmt(err, "%.200s: a table is written type:name, for example texthash:/etc/aliases", spec);
	} else if ((type = find_type(type_name)) == NULL) {
		unknown_type(spec, type_name, err);
	} else {
		if (type->proxied && env->proxymap != NULL) {
			type = &table_proxy;
			name = spec;
		}
		if ((handle = type->open(name, flags, env, err)) != NULL) {
			t = mem_zero(1, sizeof(*t));
			t->type = type;
			t->handle = handle;
			t->flags = flags;
			t->spec = mem_str(spec);
		}
	}
	free(type_name);
	return t;
}

enum table_result
table_get(struct table *t, const char *key, struct arena *mem, const char **value, struct verdict *why)
{
	char folded[KEY_MAX];

	if (key[0] == '\0')
		return TABLE_ABSENT;
	if (t->flags & TABLE_FOLD) {
		if (strlen(key) >= sizeof(folded))
			return TABLE_ABSENT;
		memcpy(folded, key, strlen(key) + 1);
		text_lower(folded);
		key = folded;
	}
	return t->type->get(t->handle, key, mem, value, why);
}

const char *
table_spec(const struct table *t)
{
	return t->spec;
}

bool
table_changed(struct table *t)
{
	return t->type->changed != NULL && t->type->changed(t->handle);
}

void
table_free(struct table **tp)
{
	struct table *t = *tp;

	if (t == NULL)
		return;
	t->type->close(t->handle);
	free(t->spec);
	free(t);
	*tp = NULL;
}
