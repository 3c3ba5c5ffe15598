/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/table/table.h"

#include "lib/base/config.h"
#include "lib/base/fold.h"
#include "lib/base/hash.h"
#include "lib/base/log.h"
#include "lib/base/text.h"
#include "lib/table/types.h"

#include <stdlib.h>
#include <string.h>

enum { SPEC_MAX = 65536, KEY_MAX = 4096, KEY_USUAL = 128, NESTING_MAX = 8 };

const struct table_type *const table_types[] = {
	&table_btree,
	&table_cdb,
	&table_cidr,
	&table_debug,
	&table_environ,
	&table_fail,
	&table_hash,
	&table_inline,
	&table_internal,
	&table_lmdb,
#ifdef HAVE_LIBPCRE2
	&table_pcre,
#endif
	&table_pipemap,
	&table_proxy,
	&table_randmap,
	&table_regexp,
	&table_rules,
	&table_socketmap,
	&table_static,
	&table_tcp,
	&table_texthash,
	&table_unionmap,
	&table_unix,
	NULL,
};

struct table {
	unsigned users; /* more than one only in a trial */
	const struct table_type *type;
	void *handle;
	unsigned flags;
	bool patterns, as_written;
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

static const char *
behind_proxy(const char *spec)
{
	while (text_starts(spec, "proxy:"))
		spec += strlen("proxy:");
	return spec;
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

/* Types whose source is a text file of keys and values. */
static const char *const text_types[] = { "btree", "cdb", "dbm", "hash", "lmdb", "sdbm" };

static enum table_result
empty_get(void *handle, const char *key, struct arena *mem, const char **value, struct verdict *why)
{
	(void)handle, (void)key, (void)mem, (void)value, (void)why;
	return TABLE_ABSENT;
}

static void
empty_close(void *handle)
{
	(void)handle;
}

static const struct table_type table_empty = { .name = "empty", .get = empty_get, .close = empty_close };

/* In a trial, for what could not be opened. */
static const struct table_type *
stand_in(const char *type, const char *name, unsigned flags, const struct table_env *env, void **handle)
{
	struct buf ignored = BUF(2048);

	*handle = NULL;
	for (size_t i = 0; i < NITEMS(text_types) && *handle == NULL; i++)
		if (strcmp(text_types[i], type) == 0)
			*handle = table_texthash.open(name, flags, env, &ignored);
	buf_free(&ignored);
	return *handle != NULL ? &table_texthash : &table_empty;
}

/* Also behind the proxymap service, where its type is all that is known: "proxy:regexp:/file". */
static bool
is_patterns(const struct table *t)
{
	const struct table_type *const *other = table_types;
	const char *spec = behind_proxy(t->spec);

	if (t->type->patterns_within != NULL)
		return t->type->patterns_within(t->handle);
	while (*other != NULL &&
	    (strncmp(spec, (*other)->name, strlen((*other)->name)) != 0 || spec[strlen((*other)->name)] != ':'))
		other++;
	return *other != NULL && ((*other)->patterns || (*other)->patterns_within != NULL);
}

static struct table *
make(const struct table_type *type, void *handle, const char *spec, unsigned flags)
{
	struct table *t = mem_zero(1, sizeof(*t));

	t->users = 1;
	t->type = type;
	t->handle = handle;
	t->flags = flags;
	t->spec = mem_str(spec);
	t->patterns = is_patterns(t);
	t->as_written = t->patterns || type->patterns_within != NULL;
	return t;
}

static struct table *
open_for_trial(const char *spec, unsigned flags, const struct table_env *env)
{
	struct buf ignored = BUF(4096);
	const struct table_type *type;
	struct table *t = NULL;
	char *type_name = NULL;
	const char *name = part(behind_proxy(spec), &type_name);
	void *handle = NULL;

	if (name == NULL)
		return make(&table_empty, NULL, spec, flags);
	if ((type = find_type(type_name)) != NULL)
		handle = type->open(name, flags, env, &ignored);
	if (handle != NULL && type->trouble != NULL && type->trouble(handle) != NULL) {
		type->close(handle);
		handle = NULL;
	}
	if (handle == NULL)
		type = stand_in(type_name, name, flags, env, &handle);
	t = make(type, handle, spec, flags);
	free(type_name);
	buf_free(&ignored);
	return t;
}

struct table_trial {
	struct hash tables; /* by flags and spec */
};

struct table_trial *
table_trial_new(void)
{
	struct table_trial *trial = mem_zero(1, sizeof(*trial));

	trial->tables = (struct hash)HASH(false);
	return trial;
}

static void
free_shared(void *value)
{
	struct table *t = value;

	table_free(&t);
}

void
table_trial_free(struct table_trial **tp)
{
	if (*tp == NULL)
		return;
	hash_free(&(*tp)->tables, free_shared);
	free(*tp);
	*tp = NULL;
}

static struct table *
open_trial(const char *spec, unsigned flags, const struct table_env *env)
{
	char *key = mem_fmt("%u %s", flags, spec);
	struct table *t = hash_get(&env->trial->tables, key);

	if (t == NULL) {
		t = open_for_trial(spec, flags, env);
		hash_put(&env->trial->tables, key, t);
	}
	t->users++;
	free(key);
	return t;
}

/* For the types: what smtputf8_enable makes of the caller's flags. */
static unsigned
with_utf8(unsigned flags, const struct table_env *env)
{
	bool utf8 = flags & TABLE_FOLD && !(flags & TABLE_ASCII) && env->cf != NULL && env->cf->smtputf8_enable;

	return utf8 ? flags | TABLE_UTF8 : flags & ~(unsigned)TABLE_UTF8;
}

/* Who writes tables of that type here: this process, if it is the one or the table is in its memory; else whom it asks. */
static const struct table_type *
writer_of(const char *type_name, bool proxied, const struct table_env *env)
{
	const struct table_type *const *t = env->writers, *own = find_type(type_name);

	while (t != NULL && *t != NULL && strcmp((*t)->name, type_name) != 0)
		t++;
	if (t != NULL && *t != NULL)
		return *t;
	if (own != NULL && own->put != NULL && own != &table_proxy && (!proxied || env->writers != NULL))
		return own;
	return env->writers == NULL ? &table_proxy : NULL;
}

static struct table *
open_to_write(const char *given, unsigned flags, const struct table_env *env, struct buf *err)
{
	const char *spec = behind_proxy(given), *name;
	const struct table_type *type = NULL;
	char *type_name = NULL;
	void *handle;

	if ((name = part(spec, &type_name)) != NULL)
		type = writer_of(type_name, spec != given, env);
	free(type_name);
	if (type == NULL) {
		buf_fmt(
		    err, "%.200s: tables of this type cannot be written; there are btree hash internal lmdb", given);
		return NULL;
	}
	handle = type->open(type == &table_proxy ? spec : name, flags, env, err);
	return handle != NULL ? make(type, handle, given, flags) : NULL;
}

char *
table_proxymap(const struct conf *cf)
{
	return mem_fmt("private/%s", cf->proxymap_service_name);
}

struct table *
table_open(const char *spec, unsigned flags, const struct table_env *env, struct buf *err)
{
	const struct table_type *type;
	struct table *t = NULL;
	char *type_name = NULL;
	const char *name;
	void *handle;

	flags = with_utf8(flags, env);
	if (flags & TABLE_UTF8)
		fold_load();
	if ((flags & TABLE_WRITE) && env->trial == NULL)
		return open_to_write(spec, flags, env, err);
	if (env->direct)
		spec = behind_proxy(spec);
	name = strlen(spec) < SPEC_MAX ? part(spec, &type_name) : NULL;
	if (env->depth > NESTING_MAX) {
		buf_fmt(err, "%.200s: tables stand within tables more than %d deep; name fewer", spec, NESTING_MAX);
	} else if (env->trial != NULL) {
		t = open_trial(spec, flags, env);
	} else if (name == NULL) {
		buf_fmt(err, "%.200s: a table is written type:name, for example texthash:/etc/aliases", spec);
	} else if ((type = find_type(type_name)) == NULL) {
		unknown_type(spec, type_name, err);
	} else {
		if (type->proxied && env->proxymap != NULL) {
			type = &table_proxy;
			name = spec;
		}
		if ((handle = type->open(name, flags, env, err)) != NULL)
			t = make(type, handle, spec, flags);
	}
	free(type_name);
	return t;
}

/* key in the case in which it is looked up, in room where that is not its own; NULL: longer than any that a table has. */
static const char *
fold(const struct table *t, const char *key, char *room, size_t size)
{
	char *folded = NULL;
	size_t n;

	if (!(t->flags & TABLE_FOLD) || t->as_written)
		return key;
	if (t->flags & TABLE_UTF8 && !text_ascii(key))
		key = folded = fold_case(key, true);
	if ((n = strlen(key)) < size)
		memcpy(room, key, n + 1);
	free(folded);
	if (n >= size)
		return NULL;
	text_lower(room);
	return room;
}

enum table_result
table_get(struct table *t, const char *key, struct arena *mem, const char **value, struct verdict *why)
{
	char room[KEY_MAX];

	if (key[0] == '\0' || (key = fold(t, key, room, sizeof(room))) == NULL)
		return TABLE_ABSENT;
	return t->type->get(t->handle, key, mem, value, why);
}

size_t
table_get_some(struct table *t, const char *const keys[], size_t n, struct arena *mem, struct table_answer answers[],
    struct verdict *why)
{
	char room[TABLE_SOME][KEY_USUAL];
	const char *asked[TABLE_SOME];
	bool together = t->type->get_some != NULL;
	size_t done = 0;

	must_hold(n <= TABLE_SOME);
	for (size_t i = 0; i < n && together; i++)
		together = keys[i][0] != '\0' && (asked[i] = fold(t, keys[i], room[i], sizeof(room[i]))) != NULL;
	if (together)
		return t->type->get_some(t->handle, asked, n, mem, answers, why);
	while (done < n) {
		struct table_answer *a = &answers[done];

		a->result = table_get(t, keys[done++], mem, &a->value, why);
		if (a->result == TABLE_ERROR)
			break;
	}
	return done;
}

bool
table_hold(struct table *t)
{
	return t->type->hold != NULL && t->type->hold(t->handle);
}

void
table_release(struct table *t)
{
	t->type->release(t->handle);
}

bool
table_where(const struct table *t, const char *key, const char **file, int *line)
{
	return t->type->where != NULL && t->type->where(t->handle, key, file, line);
}

bool
table_is_patterns(const struct table *t)
{
	return t->patterns;
}

/* ---- writing ---- */

/* The key as the table has it; NULL: *why. */
static const char *
key_to_write(const struct table *t, const char *key, char room[KEY_MAX], struct verdict *why)
{
	const char *folded = NULL;

	if (t->type->put == NULL)
		later(why, "4.3.5", "%.200s: tables of this type cannot be written", t->spec);
	else if (!(t->flags & TABLE_WRITE))
		later(why, "4.3.5", "%.200s: the table is not opened for writing", t->spec);
	else if (key[0] == '\0' || strlen(key) >= KEY_MAX || (folded = fold(t, key, room, KEY_MAX)) == NULL)
		later(why, "4.3.0", "%.200s: a key is empty, or longer than %d bytes", t->spec, KEY_MAX - 1);
	return folded;
}

bool
table_put(struct table *t, const char *key, const char *value, struct verdict *why)
{
	char room[KEY_MAX];

	return (key = key_to_write(t, key, room, why)) != NULL && t->type->put(t->handle, key, value, why);
}

enum table_result
table_remove(struct table *t, const char *key, struct verdict *why)
{
	char room[KEY_MAX];

	return (key = key_to_write(t, key, room, why)) != NULL ? t->type->remove(t->handle, key, why) : TABLE_ERROR;
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

const char *
table_trouble(const struct table *t)
{
	return t->type->trouble != NULL ? t->type->trouble(t->handle) : NULL;
}

bool
table_each(struct table *t, table_visit *visit, void *ctx, struct verdict *why)
{
	if (t->type->each != NULL)
		return t->type->each(t->handle, visit, ctx, why);
	never(why, "5.3.0", "table %s: sequence operation is not supported", t->spec);
	return false;
}

void
table_free(struct table **tp)
{
	struct table *t = *tp;

	*tp = NULL;
	if (t == NULL || --t->users > 0)
		return;
	t->type->close(t->handle);
	free(t->spec);
	free(t);
}
