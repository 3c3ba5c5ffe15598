/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/access/restrict_words.h"

#include "lib/access/restrict_inside.h"
#include "lib/base/nearest.h"
#include "lib/base/text.h"
#include "lib/base/token.h"

#include <stdlib.h>
#include <string.h>

static bool
is_class(const char *classes, const char *name)
{
	char *copy = mem_str(classes), *cursor = copy, *word;
	bool found = false;

	while (!found && (word = text_word(&cursor, TEXT_LIST)) != NULL)
		found = text_same(word, name);
	free(copy);
	return found;
}

static void
read_argument(struct restrict_word *w, enum argument wanted, char **cursor)
{
	const char *text = wanted != ARGUMENT_NONE ? token_next(cursor) : NULL;

	if (wanted == ARGUMENT_TABLE && (text == NULL || strchr(text, ':') == NULL))
		w->lacks_table = true;
	else if (wanted == ARGUMENT_TABLE)
		w->table = text;
	else if (wanted == ARGUMENT_TEXT && text == NULL)
		w->lacks_argument = true;
}

static struct restrict_word
judge(const char *word, const char *classes, char **cursor)
{
	struct restrict_word w = { .word = word };
	struct nearest near = NEAREST(word);
	const struct restriction *r;

	if (is_class(classes, word)) {
		w.kind = RESTRICT_CLASS;
	} else if (strchr(word, ':') != NULL) {
		w.table = word;
	} else if ((r = restrict_find(word)) != NULL) {
		w.kind = r->run != NULL ? RESTRICT_KNOWN : RESTRICT_NOT_BUILT;
		read_argument(&w, r->argument, cursor);
	} else {
		for (size_t i = 0; i < restrict_ntable; i++)
			nearest_try(&near, restrict_table[i].name);
		w.kind = RESTRICT_UNKNOWN;
		w.nearest = near.name;
	}
	return w;
}

void
restrict_words(const char *list, const char *classes, void (*tell)(void *ctx, const struct restrict_word *), void *ctx)
{
	char *copy = mem_str(list), *cursor = copy;
	const char *word;

	while ((word = token_next(&cursor)) != NULL) {
		struct restrict_word w;

		if (text_same(word, "warn_if_reject"))
			continue;
		w = judge(word, classes, &cursor);
		tell(ctx, &w);
	}
	free(copy);
}
