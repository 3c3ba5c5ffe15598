/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/base/token.h"

#include "lib/base/text.h"

#include <string.h>

/* The end of a word: a separator outside braces, or the end of the text. */
static char *
word_end(char *s)
{
	int depth = 0;

	for (; *s != '\0' && (depth > 0 || strchr(TEXT_LIST, *s) == NULL); s++) {
		if (*s == '{')
			depth++;
		else if (*s == '}' && depth > 0)
			depth--;
	}
	return s;
}

/* Does the brace that the word begins with end with the word? */
static bool
braced(const char *word, size_t n)
{
	int depth = 0;

	if (n < 2 || word[0] != '{' || word[n - 1] != '}')
		return false;
	for (size_t i = 0; i < n - 1; i++) {
		depth += word[i] == '{' ? 1 : word[i] == '}' ? -1 : 0;
		if (depth == 0)
			return false;
	}
	return true;
}

char *
token_next(char **cursor)
{
	char *start = *cursor + strspn(*cursor, TEXT_LIST), *end;
	size_t n;

	if (*start == '\0') {
		*cursor = start;
		return NULL;
	}
	end = word_end(start);
	n = (size_t)(end - start);
	*cursor = *end != '\0' ? end + 1 : end;
	*end = '\0';
	if (!braced(start, n))
		return start;
	start[n - 1] = '\0';
	return text_trim(start + 1);
}
