/* SPDX-License-Identifier: Apache-2.0 */
/*
 * randmap:{a, b, {weight=3 c}} - any key gives one of the results, by chance.
 *
 * A result is a word, or what stands in braces, with them.  Our own addition:
 * "{weight=N word}" is chosen N times as often as one without a weight.
 */
#include "lib/base/text.h"
#include "lib/table/types.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

enum { RESULTS_MAX = 10000, WEIGHT_MAX = 100000 };

struct randmap {
	char **results;
	uint64_t *upto; /* sum of the weights, up to and with each */
	size_t n;
};

static void
randmap_close(void *handle)
{
	struct randmap *r = handle;

	for (size_t i = 0; i < r->n; i++)
		free(r->results[i]);
	free(r->results);
	free(r->upto);
	free(r);
}

/* "{weight=3 text}" into both. */
static bool
take_weight(char **item, long *weight, struct buf *err)
{
	static const char prefix[] = "{weight=";
	char *number, *end, *close;

	*weight = 1;
	if (!text_starts(*item, prefix))
		return true;
	number = *item + strlen(prefix);
	end = number + strcspn(number, " \t\r\n");
	if (*end != '\0' && (close = strrchr(end, '}')) != NULL && close[1] == '\0') {
		*end++ = *close = '\0';
		*item = text_trim(end);
		if (**item != '\0' && text_number(number, 1, WEIGHT_MAX, weight))
			return true;
	}
	buf_fmt(err, "randmap: a weight is written {weight=3 result}, from 1 to %d", WEIGHT_MAX);
	return false;
}

static bool
add_result(struct randmap *r, char *item, struct buf *err)
{
	long weight;

	if (!take_weight(&item, &weight, err))
		return false;
	if (r->n == RESULTS_MAX) {
		buf_fmt(err, "randmap: more than %d results", RESULTS_MAX);
		return false;
	}
	r->results = mem_grow(r->results, r->n + 1, sizeof(*r->results));
	r->upto = mem_grow(r->upto, r->n + 1, sizeof(*r->upto));
	r->results[r->n] = mem_str(item);
	r->upto[r->n] = (r->n > 0 ? r->upto[r->n - 1] : 0) + (uint64_t)weight;
	r->n++;
	return true;
}

static void *
randmap_open(const char *name, unsigned flags, const struct table_env *env, struct buf *err)
{
	struct randmap *r = mem_zero(1, sizeof(*r));
	size_t n = strlen(name);
	bool ok = n >= 2 && name[0] == '{' && name[n - 1] == '}';
	char *copy = mem_str(name), *cursor = copy + 1, *item;

	(void)flags, (void)env;
	if (ok)
		copy[n - 1] = '\0';
	while (ok && (item = table_word_next(&cursor)) != NULL)
		ok = add_result(r, item, err);
	if (ok && r->n == 0)
		ok = false;
	free(copy);
	if (ok)
		return r;
	if (err->len == 0)
		buf_fmt(err, "randmap:%.200s: wanted is randmap:{result, ...}", name);
	randmap_close(r);
	return NULL;
}

static enum table_result
randmap_get(void *handle, const char *key, struct arena *mem, const char **value, struct verdict *why)
{
	const struct randmap *r = handle;
	uint64_t random;
	size_t i = 0;

	(void)key;
	if (getrandom(&random, sizeof(random), 0) != sizeof(random)) {
		later(why, "4.3.0", "randmap: no random number");
		return TABLE_ERROR;
	}
	/* With sums of at most 10^9 the remainder prefers none by more than one in 10^10. */
	random %= r->upto[r->n - 1];
	while (random >= r->upto[i])
		i++;
	*value = arena_str(mem, r->results[i]);
	return TABLE_FOUND;
}

const struct table_type table_randmap = {
	.name = "randmap",
	.about = "one of several results, by chance",
	.open = randmap_open,
	.get = randmap_get,
	.close = randmap_close,
};
