/* SPDX-License-Identifier: Apache-2.0 */
#include "services/proxymap/shared.h"

#include "lib/base/hash.h"
#include "lib/base/text.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct shared {
	const struct conf *cf;
	struct hash allowed; /* specs, without proxy: */
	struct hash open;    /* "flags spec" -> struct table */
	pthread_mutex_t lock;
};

/* The user database is no secret on its own host. */
static const char *const always[] = { "unix:passwd.byname", "unix:group.byname" };

bool
shared_open(const struct conf *cf, void **state, struct buf *err)
{
	struct shared *s = mem_zero(1, sizeof(*s));
	char *copy = mem_str(cf->proxy_read_maps), *cursor = copy, *word;

	(void)err;
	s->cf = cf;
	pthread_mutex_init(&s->lock, NULL);
	while ((word = table_word_next(&cursor)) != NULL)
		if (text_starts(word, "proxy:"))
			hash_put(&s->allowed, word + strlen("proxy:"), s);
	for (size_t i = 0; i < NITEMS(always); i++)
		hash_put(&s->allowed, always[i], s);
	free(copy);
	*state = s;
	return true;
}

bool
shared_allows(void *state, const char *spec)
{
	struct shared *s = state;

	return hash_get(&s->allowed, spec) != NULL;
}

struct table *
shared_table(void *state, const char *spec, unsigned flags, struct arena *mem, const char **why)
{
	const char *key = arena_fmt(mem, "%u %s", flags, spec);
	struct buf err = BUF(4096);
	struct shared *s = state;
	struct table *t;

	pthread_mutex_lock(&s->lock);
	if ((t = hash_get(&s->open, key)) == NULL) {
		const struct table_env env = { .cf = s->cf };

		if ((t = table_open(spec, flags, &env, &err)) != NULL)
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
