/* SPDX-License-Identifier: Apache-2.0 */
#include "services/proxymap/shared.h"

#include "lib/base/hash.h"
#include "lib/base/text.h"
#include "lib/table/store.h"
#include "services/proxymap/named.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct shared {
	const struct conf *cf;
	bool writes;
	struct hash allowed; /* specs, without proxy: */
	struct hash open;    /* "flags spec" -> struct table */
	pthread_mutex_t lock;
};

/* The user database is no secret on its own host. */
static const char *const always[] = { "unix:passwd.byname", "unix:group.byname" };

static struct shared *
open_any(const struct conf *cf, bool writes, const char *list)
{
	struct shared *s = mem_zero(1, sizeof(*s));
	char *copy = mem_str(list), *cursor = copy, *word;

	s->cf = cf;
	s->writes = writes;
	pthread_mutex_init(&s->lock, NULL);
	while ((word = table_word_next(&cursor)) != NULL) {
		bool proxied = text_starts(word, "proxy:");

		/* What daemons write is written here, also where nothing says so. */
		if (proxied || writes)
			hash_put(&s->allowed, word + (proxied ? strlen("proxy:") : 0), s);
	}
	free(copy);
	return s;
}

bool
shared_open(const struct conf *cf, void **state, struct buf *err)
{
	struct shared *s = open_any(cf, false, cf->proxy_read_maps);

	(void)err;
	for (size_t i = 0; i < NITEMS(always); i++)
		hash_put(&s->allowed, always[i], s);
	*state = s;
	return true;
}

void
shared_allow_named(void *state)
{
	struct shared *s = state;

	named_tables(s->cf, &s->allowed);
}

bool
shared_open_to_write(const struct conf *cf, void **state, struct buf *err)
{
	(void)err;
	*state = open_any(cf, true, cf->proxy_write_maps);
	return true;
}

static void
close_table(void *value)
{
	struct table *t = value;

	table_free(&t);
}

void
shared_close(void *state)
{
	struct shared *s = state;

	hash_free(&s->open, close_table);
	hash_free(&s->allowed, NULL);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

bool
shared_allows(void *state, const char *spec)
{
	struct shared *s = state;

	return hash_get(&s->allowed, spec) != NULL;
}

const char *
shared_list(void *state)
{
	struct shared *s = state;

	return s->writes ? "proxy_write_maps" : "proxy_read_maps";
}

struct table *
shared_table(void *state, const char *spec, unsigned flags, struct arena *mem, const char **why)
{
	struct shared *s = state;
	/* Who asks has folded the key already: of a table that is written there is one, and not one for each kind of look-up. */
	const unsigned how = s->writes ? TABLE_WRITE : flags & TABLE_FLAGS;
	const char *key = arena_fmt(mem, "%u %s", how, spec);
	struct buf err = BUF(4096);
	struct table *t;

	pthread_mutex_lock(&s->lock);
	if ((t = hash_get(&s->open, key)) == NULL) {
		const struct table_env env = { .cf = s->cf, .writers = s->writes ? store_types : NULL };

		if ((t = table_open(spec, how, &env, &err)) != NULL)
			hash_put(&s->open, key, t);
		else
			*why = arena_str(mem, buf_str(&err));
	}
	pthread_mutex_unlock(&s->lock);
	buf_free(&err);
	return t;
}

bool
shared_changed(void *state)
{
	struct shared *s = state;
	bool changed = false;

	pthread_mutex_lock(&s->lock);
	HASH_EACH (e, &s->open)
		changed = changed || table_changed(e->value);
	pthread_mutex_unlock(&s->lock);
	return changed;
}
