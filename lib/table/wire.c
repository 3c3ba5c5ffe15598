/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/table/wire.h"

#include "lib/base/text.h"

#include <string.h>

enum { SHOWN = 200 };

static int
hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 32;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

void
wire_tcp_request(struct buf *b, const char *key)
{
	buf_puts(b, "get ");
	for (; *key != '\0'; key++) {
		unsigned char c = (unsigned char)*key;

		if (c <= ' ' || c > 126 || c == '%')
			buf_fmt(b, "%%%02X", c);
		else
			buf_putc(b, *key);
	}
	buf_putc(b, '\n');
}

/* %XX decoded; NULL: it is not, or hides a NUL. */
static const char *
percent_decode(const char *text, struct arena *mem)
{
	char *out = arena_str(mem, text), *to = out;

	for (const char *from = out; *from != '\0'; from++) {
		int high, low;

		if (*from != '%') {
			*to++ = *from;
			continue;
		}
		if ((high = hex(from[1])) < 0 || (low = hex(from[2])) < 0 || high + low == 0)
			return NULL;
		*to++ = (char)(high * 16 + low);
		from += 2;
	}
	*to = '\0';
	return out;
}

static enum table_result
malformed(const char *text, const char *who, struct verdict *why)
{
	later(why, "4.3.0", "%s: malformed reply: \"%.*s\"", who, SHOWN, text);
	return TABLE_ERROR;
}

enum table_result
wire_tcp_reply(
    const char *line, size_t len, const char *who, struct arena *mem, const char **value, struct verdict *why)
{
	const char *found;

	if (strlen(line) != len || len < 4 || strspn(line, "0123456789") != 3 || strchr(" \t", line[3]) == NULL)
		return malformed(line, who, why);
	if (line[0] == '5')
		return TABLE_ABSENT;
	if ((line[0] != '2' && line[0] != '4') || (found = percent_decode(line + 4, mem)) == NULL)
		return malformed(line, who, why);
	if (line[0] == '2') {
		*value = found;
		return TABLE_FOUND;
	}
	later(why, "4.3.0", "%s: the server says: %.*s", who, SHOWN, found);
	return TABLE_ERROR;
}

void
wire_socketmap_request(struct buf *b, const char *name, const char *key)
{
	buf_fmt(b, "%zu:%s %s,", strlen(name) + 1 + strlen(key), name, key);
}

long
wire_netstring_length(const char *digits)
{
	long n;

	if (strlen(digits) > WIRE_DIGITS || (digits[0] == '0' && digits[1] != '\0'))
		return -1;
	return text_number(digits, 0, 999999999, &n) ? n : -1;
}

/* "TEMP why": is this the word, and what follows? */
static const char *
after_word(const char *text, const char *word)
{
	size_t n = strlen(word);

	return strncmp(text, word, n) == 0 && text[n] == ' ' ? text + n + 1 : NULL;
}

enum table_result
wire_socketmap_reply(
    const char *text, size_t len, const char *who, struct arena *mem, const char **value, struct verdict *why)
{
	static const struct {
		const char *word, *meaning;
	} failures[] = { { "TEMP", "temporary" }, { "TIMEOUT", "timeout" }, { "PERM", "permanent" } };
	const char *rest;

	if (strlen(text) != len)
		return malformed(text, who, why);
	if ((rest = after_word(text, "OK")) != NULL) {
		*value = arena_str(mem, rest);
		return TABLE_FOUND;
	}
	if (strcmp(text, "NOTFOUND") == 0 || after_word(text, "NOTFOUND") != NULL)
		return TABLE_ABSENT;
	for (size_t i = 0; i < NITEMS(failures); i++)
		if (strcmp(text, failures[i].word) == 0 || (rest = after_word(text, failures[i].word)) != NULL) {
			later(why, "4.3.0", "%s: socketmap server %s error: %.*s", who, failures[i].meaning, SHOWN,
			    rest != NULL ? rest : "");
			return TABLE_ERROR;
		}
	return malformed(text, who, why);
}
