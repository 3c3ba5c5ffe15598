/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/base/text.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static const uint64_t high_bits = 0x8080808080808080u; /* of eight octets */

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

void
text_printable(char *s)
{
	for (; *s != '\0'; s++)
		if ((unsigned char)*s < ' ' || *s == 127)
			*s = '?';
}

/* Eight octets at a time: every key of every table comes here. */
void
text_lower(char *s)
{
	const uint64_t each = high_bits >> 7;
	uint64_t w, seven, upper;
	size_t n = strlen(s);

	for (; n >= sizeof(w); n -= sizeof(w), s += sizeof(w)) {
		memcpy(&w, s, sizeof(w));
		seven = w & ~high_bits;
		/* The high bit of each octet that is A or more, and not more than Z, and no part of UTF-8. */
		upper = (seven + (0x80 - 'A') * each) & ~(seven + (0x7f - 'Z') * each) & ~w & high_bits;
		w |= upper >> 2;
		memcpy(s, &w, sizeof(w));
	}
	for (; *s != '\0'; s++)
		*s = lower(*s);
}

static bool
white(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\v' || c == '\f';
}

char *
text_trim(char *s)
{
	size_t n;

	while (white(*s))
		s++;
	for (n = strlen(s); n > 0 && white(s[n - 1]); n--)
		;
	s[n] = '\0';
	return s;
}

int
text_utf8(const char *text)
{
	const unsigned char *s = (const unsigned char *)text;
	static const unsigned least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	int n = s[0] < 0x80 ? 1 : s[0] >= 0xf0 && s[0] < 0xf5 ? 4 : s[0] >= 0xe0 ? 3 : s[0] >= 0xc2 ? 2 : 0;
	unsigned code;

	if (n < 2 || s[0] >= 0xf5)
		return n == 1;
	code = s[0] & (0x7fu >> n);
	for (int i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (s[i] & 0x3fu);
	}
	return code < least[n] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000) ? 0 : n;
}

bool
text_all_utf8(const char *s)
{
	for (int n = 1; *s != '\0'; s += n)
		if (*s > 0)
			n = 1; /* nearly always */
		else if ((n = text_utf8(s)) == 0)
			return false;
	return true;
}

bool
text_same(const char *a, const char *b)
{
	while (lower(*a) == lower(*b)) {
		if (*a == '\0')
			return true;
		a++, b++;
	}
	return false;
}

bool
text_starts(const char *s, const char *prefix)
{
	for (; *prefix != '\0'; s++, prefix++)
		if (lower(*s) != lower(*prefix))
			return false;
	return true;
}

bool
text_ends(const char *s, const char *suffix)
{
	size_t n = strlen(s), m = strlen(suffix);

	return n >= m && text_same(s + n - m, suffix);
}

bool
text_ascii(const char *s)
{
	size_t n = strlen(s);
	uint64_t w, all = 0;

	for (; n >= sizeof(w); n -= sizeof(w), s += sizeof(w)) {
		memcpy(&w, s, sizeof(w));
		all |= w;
	}
	for (; *s != '\0'; s++)
		all |= (unsigned char)*s;
	return (all & high_bits) == 0;
}

bool
text_number(const char *s, long least, long most, long *out)
{
	long n = 0;

	if (*s == '\0')
		return false;
	for (; *s != '\0'; s++) {
		if (*s < '0' || *s > '9' || __builtin_mul_overflow(n, 10L, &n) ||
		    __builtin_add_overflow(n, (long)(*s - '0'), &n))
			return false;
	}
	if (n < least || n > most)
		return false;
	*out = n;
	return true;
}

char *
text_word(char **cursor, const char *separators)
{
	char *start = *cursor + strspn(*cursor, separators), *end;

	if (*start == '\0') {
		*cursor = start;
		return NULL;
	}
	end = start + strcspn(start, separators);
	*cursor = *end != '\0' ? end + 1 : end;
	*end = '\0';
	return start;
}

char *
text_item(char **cursor, const char *separators)
{
	char *start = *cursor + strspn(*cursor, separators), *end;
	int depth = 0;

	if (*start != '{') {
		*cursor = start;
		return text_word(cursor, separators);
	}
	for (end = start; *end != '\0'; end++) {
		if (*end == '{')
			depth++;
		else if (*end == '}' && --depth == 0)
			break;
	}
	*cursor = *end != '\0' ? end + 1 : end;
	*end = '\0';
	return text_trim(start + 1);
}

bool
text_list_has(const char *list, const char *word)
{
	char *copy = mem_str(list), *cursor = copy, *one;
	bool found = false;

	while (!found && (one = text_word(&cursor, TEXT_LIST)) != NULL)
		found = text_same(one, word);
	free(copy);
	return found;
}

void
xtext_put(struct buf *b, const char *s)
{
	for (; *s != '\0'; s++) {
		unsigned char c = (unsigned char)*s;

		if (c <= ' ' || c > 126 || c == '+' || c == '=')
			buf_fmt(b, "+%02X", c);
		else
			buf_putc(b, *s);
	}
}

static int
hex(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool
xtext_get(struct buf *b, const char *s)
{
	for (; *s != '\0'; s++) {
		int c = (unsigned char)*s, hi, lo;

		if (c == '+') {
			if ((hi = hex(s[1])) < 0 || (lo = hex(s[2])) < 0)
				return false;
			c = hi * 16 + lo;
			s += 2;
			if (c < ' ' || c == 127)
				return false;
		} else if (c <= ' ' || c > 126 || c == '=') {
			return false;
		}
		buf_putc(b, (char)c);
	}
	return buf_ok(b);
}
