/* SPDX-License-Identifier: Apache-2.0 */
#include "commands/postconf/master.h"

#include "commands/postconf/layout.h"

#include "lib/base/mem.h"

#include <string.h>

struct master_key
master_key(struct arena *mem, const char *text)
{
	struct master_key k = { .name = arena_str(mem, text) };

	if ((k.type = strrchr(k.name, '/')) != NULL)
		*k.type++ = '\0';
	return k;
}

static bool
matches(const char *pattern, const char *text)
{
	return pattern == NULL || strcmp(pattern, "*") == 0 || strcmp(pattern, text) == 0;
}

bool
master_key_matches(const struct master_key *k, const char *name, const char *type)
{
	return matches(k->name, name) && matches(k->type, type);
}

/* Options begin lines of their own; the first argument that is none ends them. */
static void
print_arguments(struct layout *l, const char *const *words)
{
	bool options = true, after = false;

	for (size_t i = 0; words[i] != NULL; i++) {
		bool override;

		options = options && words[i][0] == '-';
		override = options && strcmp(words[i], "-o") == 0 && words[i + 1] != NULL;
		if (override || after)
			layout_break(l);
		layout_word(l, words[i], strlen(words[i]));
		if (override)
			i++, layout_word(l, words[i], strlen(words[i]));
		after = override;
	}
}

void
master_print(FILE *out, const struct mastercf_service *s, bool fold)
{
	static const int widths[] = { 10, 5, 7, 7, 7, 7, 7 };
	struct layout l = { .out = out, .fold = fold };
	size_t column = 0, want = 0, i;

	/* A wide column makes the next one narrower, so that those behind it stay in line. */
	for (i = 0; i < NITEMS(widths); i++) {
		int width = (int)want > (int)column ? 0 : widths[i] - (int)(column - want);

		column += (size_t)fprintf(out, "%-*s ", width > 0 ? width : 0, s->columns[i]);
		want += (size_t)widths[i] + 1;
	}
	column += (size_t)fprintf(out, "%s", s->columns[i]);
	l.column = column;
	l.begun = true;
	print_arguments(&l, s->words);
	layout_end(&l);
}
