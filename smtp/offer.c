/* SPDX-License-Identifier: Apache-2.0 */
#include "smtp/offer.h"

#include "lib/base/mem.h"
#include "lib/base/text.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *keyword;
	enum feature feature;
} keywords[] = {
	{ "PIPELINING", OFFERS_PIPELINING },
	{ "8BITMIME", OFFERS_8BITMIME },
	{ "SIZE", OFFERS_SIZE },
	{ "DSN", OFFERS_DSN },
	{ "SMTPUTF8", OFFERS_SMTPUTF8 },
	{ "CHUNKING", OFFERS_CHUNKING },
	{ "STARTTLS", OFFERS_STARTTLS },
	{ "AUTH", OFFERS_AUTH },
};

static bool
discarded(const char *discard, const char *keyword)
{
	char *copy = mem_str(discard), *cursor = copy, *word;
	bool found = false;

	while (!found && (word = text_word(&cursor, TEXT_LIST)) != NULL)
		found = text_same(word, keyword);
	free(copy);
	return found;
}

static void
offer_line(struct offer *o, char *line, const char *discard)
{
	/* Servers of old wrote "AUTH=LOGIN". */
	char *keyword = text_word(&line, " \t="), *size;

	if (keyword == NULL || discarded(discard, keyword))
		return;
	for (size_t i = 0; i < NITEMS(keywords); i++)
		if (text_same(keyword, keywords[i].keyword))
			o->features |= keywords[i].feature;
	if (text_same(keyword, "SIZE") && (size = text_word(&line, " \t")) != NULL)
		text_number(size, 0, LONG_MAX, &o->size);
}

void
offer_parse(struct offer *o, const char *reply, const char *discard)
{
	char *copy = mem_str(reply), *cursor = copy, *line;

	*o = (struct offer){ .features = OFFERS_ESMTP };
	for (int n = 0; (line = text_word(&cursor, "\n")) != NULL; n++)
		if (n > 0 && strlen(line) > 4)
			offer_line(o, line + 4, discard);
	free(copy);
}

bool
offer_greets_as(const char *reply, const char *name)
{
	size_t n;

	if (strlen(reply) < 5)
		return false;
	n = strcspn(reply + 4, " \t\n");
	return n == strlen(name) && strncasecmp(reply + 4, name, n) == 0;
}
