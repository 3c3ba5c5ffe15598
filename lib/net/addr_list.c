/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/net/addr.h"

#include "lib/base/mem.h"
#include "lib/base/text.h"
#include "lib/io/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

/* A file may name files; nobody needs more depth, and a loop ends here. */
enum { FILE_MAX = 1 << 22, DEPTH_MAX = 8, ENTRIES_MAX = 1000000 };

struct addr_net {
	struct addr base;
	int bits;
	bool except;
};
struct addr_list {
	struct addr_net *nets;
	size_t n, cap;
	char *table; /* the first one that is left out */
};

static bool list_add(struct addr_list *, const char *text, bool except, int depth, struct buf *err);

static void
clear_host_bits(unsigned char *bytes, size_t n, int bits)
{
	for (size_t i = 0; i < n; i++, bits -= 8)
		if (bits < 8)
			bytes[i] &= bits <= 0 ? 0 : (unsigned char)(0xff00 >> bits);
}

/* The base without its host bits; false: it had some. */
static bool
base_ok(const struct addr_net *net, struct addr *clean)
{
	unsigned char bytes[16];
	size_t n;
	const unsigned char *from = addr_bytes(&net->base, &n);

	memcpy(bytes, from, n);
	clear_host_bits(bytes, n, net->bits);
	addr_of_bytes(clean, bytes, n, 0);
	return addr_same_host(clean, &net->base);
}

static bool
net_parse(struct addr_net *net, const char *word, struct buf *err)
{
	char host[ADDR_TEXT], text[ADDR_TEXT];
	const char *slash = strrchr(word, '/');
	size_t n = slash != NULL ? (size_t)(slash - word) : strlen(word), width;
	struct addr clean;
	long bits, mapped;

	if (n >= sizeof(host))
		return false;
	memcpy(host, word, n);
	host[n] = '\0';
	if (!addr_parse(&net->base, host, 0))
		return false;
	addr_bytes(&net->base, &width);
	/* [::ffff:127.0.0.0]/104, as Debian has it, is 127.0.0.0/8. */
	mapped = width == 4 && strchr(host, ':') != NULL ? 96 : 0;
	bits = (long)width * 8;
	if (slash != NULL && text_number(slash + 1, mapped, mapped + bits, &bits)) {
		bits -= mapped;
	} else if (slash != NULL) {
		buf_fmt(err, "bad net/mask pattern: \"%s\"", word);
		return false;
	}
	net->bits = (int)bits;
	if (!base_ok(net, &clean)) {
		buf_fmt(err, "non-null host address bits in \"%s\", perhaps you should use \"%s%s%s/%d\" instead", word,
		    word[0] == '[' ? "[" : "", addr_host(&clean, text), word[0] == '[' ? "]" : "", net->bits);
		return false;
	}
	return true;
}

/* A file stands for what is in it; lines that start with # are comments. */
static bool
file_add(struct addr_list *l, const char *path, bool except, int depth, struct buf *err)
{
	struct buf in = BUF(FILE_MAX);
	char *cursor, *line;
	bool ok = false;

	if (depth >= DEPTH_MAX) {
		buf_fmt(err, "%s: files name each other more than %d deep", path, DEPTH_MAX);
	} else if (!file_read(AT_FDCWD, path, &in)) {
		buf_fmt(err, "open file %s: %s", path, strerror(errno));
	} else if (memchr(buf_str(&in), '\0', in.len) != NULL) {
		buf_fmt(err, "%s: not a text file", path);
	} else {
		ok = true;
		cursor = in.s;
		while (ok && cursor != NULL && (line = text_word(&cursor, "\r\n")) != NULL)
			if (line[strspn(line, " \t")] != '#')
				ok = list_add(l, line, except, depth + 1, err);
	}
	buf_free(&in);
	return ok;
}

/* type:table is the business of whoever holds tables. */
static bool
is_table(const char *word)
{
	size_t n = strspn(word, "abcdefghijklmnopqrstuvwxyz0123456789_-");

	return word[0] >= 'a' && word[0] <= 'z' && word[n] == ':' && word[n + 1] != '\0' && word[n + 1] != ':';
}

/* Nobody asks it: who is in it is not trusted, so that an exception must not be left out. */
static bool
table_add(struct addr_list *l, const char *word, bool except, struct buf *err)
{
	if (except) {
		buf_fmt(err, "\"!%s\": tables of networks are not built yet; write the networks that it has", word);
		return false;
	}
	if (l->table == NULL)
		l->table = mem_str(word);
	return true;
}

static bool
word_add(struct addr_list *l, const char *word, bool except, int depth, struct buf *err)
{
	struct addr_net net;

	for (; *word == '!'; word++)
		except = !except;
	if (word[0] == '/')
		return file_add(l, word, except, depth, err);
	if (net_parse(&net, word, err)) {
		if (l->n >= ENTRIES_MAX) {
			buf_fmt(err, "more than %d addresses", ENTRIES_MAX);
			return false;
		}
		if (l->n == l->cap)
			l->nets = mem_grow(l->nets, l->cap = l->cap ? l->cap * 2 : 8, sizeof(*l->nets));
		net.except = except;
		l->nets[l->n++] = net;
		return true;
	}
	if (err->len == 0 && is_table(word))
		return table_add(l, word, except, err);
	if (err->len == 0)
		buf_fmt(err,
		    "bad address pattern: \"%s\": write 192.0.2.0/24, 192.0.2.1, [2001:db8::]/32, /file/name or type:table",
		    word);
	return false;
}

/* The next word; blanks and commas within braces belong to it ("inline:{ a = b, c = d }"). */
static char *
next_word(char **cursor)
{
	char *start = *cursor + strspn(*cursor, TEXT_LIST), *end;
	int depth = 0;

	for (end = start; *end != '\0' && (depth > 0 || strchr(TEXT_LIST, *end) == NULL); end++)
		depth += *end == '{' ? 1 : *end == '}' && depth > 0 ? -1 : 0;
	*cursor = *end != '\0' ? end + 1 : end;
	*end = '\0';
	return end > start ? start : NULL;
}

static bool
list_add(struct addr_list *l, const char *text, bool except, int depth, struct buf *err)
{
	char *copy = mem_str(text), *cursor = copy, *word;
	bool ok = true;

	while (ok && (word = next_word(&cursor)) != NULL)
		ok = word_add(l, word, except, depth, err);
	free(copy);
	return ok;
}

struct addr_list *
addr_list_parse(const char *text, struct buf *err)
{
	struct addr_list *l = mem_zero(1, sizeof(*l));

	buf_clear(err);
	if (!list_add(l, text, false, 0, err))
		addr_list_free(&l);
	return l;
}

static bool
net_has(const struct addr_net *net, const struct addr *a)
{
	size_t n, m, whole = (size_t)net->bits / 8;
	const unsigned char *x = addr_bytes(&net->base, &n), *y = addr_bytes(a, &m);
	unsigned char mask = (unsigned char)(0xff00 >> (net->bits % 8)); /* 0 at a whole byte */

	if (n != m || n == 0 || memcmp(x, y, whole) != 0)
		return false;
	return whole == n || ((x[whole] ^ y[whole]) & mask) == 0;
}

bool
addr_list_match(const struct addr_list *l, const struct addr *a)
{
	for (size_t i = 0; i < l->n; i++)
		if (net_has(&l->nets[i], a))
			return !l->nets[i].except;
	return false;
}

const char *
addr_list_table(const struct addr_list *l)
{
	return l->table;
}

void
addr_list_free(struct addr_list **l)
{
	if (*l == NULL)
		return;
	free((*l)->table);
	free((*l)->nets);
	free(*l);
	*l = NULL;
}
