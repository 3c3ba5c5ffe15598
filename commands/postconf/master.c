/* SPDX-License-Identifier: Apache-2.0 */
#include "commands/postconf/master.h"

#include "lib/base/buf.h"

#include <string.h>

enum { TEXT = 1 << 20 };

const char *const master_columns[MASTER_COLUMNS] = { "service", "type", "private", "unprivileged", "chroot", "wakeup",
	"process_limit", "command" };

int
master_column(const char *name)
{
	for (int i = 0; i < MASTER_COLUMNS; i++)
		if (strcmp(name, master_columns[i]) == 0)
			return i;
	return -1;
}

bool
master_key(struct arena *mem, const char *text, size_t least, size_t most, struct master_key *out)
{
	char *at = arena_str(mem, text);
	const char **parts[] = { &out->name, &out->type, &out->item };
	size_t n = 0;

	*out = (struct master_key){ 0 };
	while (n < most && at != NULL) {
		*parts[n++] = at;
		if ((at = strchr(at, '/')) != NULL)
			*at++ = '\0';
	}
	for (size_t i = 0; i < least; i++)
		if (*parts[i] == NULL || **parts[i] == '\0')
			return false;
	return at == NULL;
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

bool
master_key_item(const struct master_key *k, const char *item)
{
	return matches(k->item, item);
}

/* Options begin lines of their own; the first argument that is none ends them. */
static void
print_arguments(struct layout *l, const char *const *words)
{
	bool options = true, after = false;

	l->width = LAYOUT_ARGUMENTS;
	for (size_t i = 0; words[i] != NULL; i++) {
		bool override;

		options = options && words[i][0] == '-';
		override = options && strcmp(words[i], "-o") == 0 && words[i + 1] != NULL;
		if (override || after)
			layout_break(l);
		layout_word(l, words[i], strlen(words[i]));
		if (override)
			i++, layout_glue(l, words[i], strlen(words[i]));
		after = override;
	}
}

void
master_command(struct layout *l, const struct mastercf_service *s)
{
	layout_word(l, s->program, strlen(s->program));
	print_arguments(l, s->words);
}

const char *
master_command_text(struct arena *mem, const struct mastercf_service *s)
{
	struct buf b = BUF(TEXT);
	const char *text;

	buf_puts(&b, s->program);
	for (size_t i = 0; s->words[i] != NULL; i++)
		buf_fmt(&b, " %s", s->words[i]);
	text = arena_str(mem, buf_str(&b));
	buf_free(&b);
	return text;
}

void
master_print(FILE *out, const struct mastercf_service *s, bool fold)
{
	static const int widths[MASTER_COMMAND] = { 10, 5, 7, 7, 7, 7, 7 };
	struct layout l = { .out = out, .fold = fold };
	size_t column = 0, want = 0;

	/* A wide column makes the next one narrower, so that those behind it stay in line. */
	for (size_t i = 0; i < NITEMS(widths); i++) {
		int width = (int)want > (int)column ? 0 : widths[i] - (int)(column - want);

		column += (size_t)fprintf(out, "%-*s ", width > 0 ? width : 0, s->columns[i]);
		want += (size_t)widths[i] + 1;
	}
	column += (size_t)fprintf(out, "%s", s->program);
	l.column = column;
	l.begun = true;
	print_arguments(&l, s->words);
	layout_end(&l);
}
