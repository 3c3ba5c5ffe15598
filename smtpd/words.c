/* SPDX-License-Identifier: Apache-2.0 */
#include "smtpd/words.h"

#include "lib/base/log.h"
#include "lib/base/text.h"
#include "lib/base/token.h"

#include <stdlib.h>
#include <string.h>

struct word {
	char *name;	     /* or NULL */
	struct table *table; /* or NULL */
};
struct words {
	struct word *list;
	size_t n;
};

static bool
add_word(struct words *l, const char *text, const struct table_env *env, struct buf *err)
{
	struct word w = { 0 };

	if (strchr(text, ':') == NULL)
		w.name = mem_str(text);
	else if ((w.table = table_open(text, TABLE_FOLD | TABLE_REGEXP_OK, env, err)) == NULL)
		return false;
	l->list = mem_grow(l->list, l->n + 1, sizeof(w));
	l->list[l->n++] = w;
	return true;
}

struct words *
words_open(const char *parameter, const char *list, const struct table_env *env, struct buf *err)
{
	struct words *l = mem_zero(1, sizeof(*l));
	char *copy = mem_str(list), *cursor = copy, *text;
	bool ok = true;

	while (ok && (text = token_next(&cursor)) != NULL) {
		struct buf why = BUF(1024);

		if (!(ok = add_word(l, text, env, &why)))
			buf_fmt(err, "%s: %s", parameter, buf_str(&why));
		buf_free(&why);
	}
	free(copy);
	if (!ok)
		words_free(&l);
	return l;
}

static enum table_result
in_table(struct table *t, const char *word, struct arena *mem)
{
	struct verdict why = VERDICT(mem);
	const char *value;
	enum table_result r = table_get(t, word, mem, &value, &why);

	if (r == TABLE_ERROR)
		log_warn("%s: %s", table_spec(t), why.text);
	return r;
}

enum table_result
words_get(const struct words *l, const char *word, struct arena *mem)
{
	for (size_t i = 0; i < l->n; i++) {
		const struct word *w = &l->list[i];
		enum table_result r = w->table != NULL ? in_table(w->table, word, mem)
		    : text_same(w->name, word)	       ? TABLE_FOUND
						       : TABLE_ABSENT;

		if (r != TABLE_ABSENT)
			return r;
	}
	return TABLE_ABSENT;
}

void
words_free(struct words **lp)
{
	struct words *l = *lp;

	if (l == NULL)
		return;
	for (size_t i = 0; i < l->n; i++) {
		table_free(&l->list[i].table);
		free(l->list[i].name);
	}
	free(l->list);
	free(l);
	*lp = NULL;
}
