/* SPDX-License-Identifier: Apache-2.0 */
/* cidr:/file, cidr:{ {net result} ... } - addresses against networks, in the order of the rules. */
#include "lib/base/log.h"
#include "lib/base/text.h"
#include "lib/table/ruletext.h"
#include "lib/table/types.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

enum { ADDRESS = 16, DEEP_MAX = 1000 };

struct rule {
	unsigned char net[ADDRESS], mask[ADDRESS];
	unsigned char width; /* 4 or 16 bytes */
	bool negated;
	int line;
	size_t end;   /* of an if: the rule after its endif */
	char *result; /* NULL: an if */
};
struct cidr {
	struct ruletext source;
	struct rule *rules;
	size_t n, room;
	size_t open[DEEP_MAX], nopen; /* the ifs that wait for their endif */
};

static void
cidr_close(void *handle)
{
	struct cidr *c = handle;

	for (size_t i = 0; i < c->n; i++)
		free(c->rules[i].result);
	free(c->rules);
	ruletext_close(&c->source);
	free(c);
}

/* The bytes of an address, in network order; 0: it is none. */
static unsigned char
address_bytes(const char *text, unsigned char out[ADDRESS])
{
	return inet_pton(AF_INET, text, out) == 1 ? 4 : inet_pton(AF_INET6, text, out) == 1 ? 16 : 0;
}

static void
make_mask(unsigned char *mask, size_t width, long bits)
{
	for (size_t i = 0; i < width; i++, bits -= 8)
		mask[i] = bits >= 8 ? 0xff : bits <= 0 ? 0 : (unsigned char)(0xff00 >> bits);
}

/* The network part is all there is: host bits that are set mean that a rule is not what was meant. */
static bool
host_bits_clear(struct cidr *c, const struct rule *r, const char *text, long bits)
{
	unsigned char clean[ADDRESS];
	char shown[INET6_ADDRSTRLEN];

	for (size_t i = 0; i < r->width; i++)
		clean[i] = r->net[i] & r->mask[i];
	if (memcmp(clean, r->net, r->width) == 0)
		return true;
	inet_ntop(r->width == 4 ? AF_INET : AF_INET6, clean, shown, sizeof(shown));
	ruletext_warn(&c->source, c->source.line,
	    "non-null host address bits in \"%s\", perhaps you should use \"%s/%ld\" instead: skipping this rule", text,
	    shown, bits);
	return false;
}

/* 192.0.2.0/24, 2001:db8::1, [192.0.2.0/24], [2001:db8::]/32; text is cut. */
static bool
read_network(struct cidr *c, struct rule *r, char *text)
{
	char *shown = mem_str(text), *slash, *close;
	const char *why = NULL;
	long bits;
	bool ok;

	if (*text == '[') {
		text++;
		if ((close = strchr(text, ']')) == NULL)
			why = "a \"]\" is missing in";
		else
			memmove(close, close + 1, strlen(close));
	}
	if ((slash = strchr(text, '/')) != NULL)
		*slash++ = '\0';
	if (why == NULL && (r->width = address_bytes(text, r->net)) == 0)
		why = "bad address pattern";
	bits = r->width * 8L;
	if (why == NULL && slash != NULL && !text_number(slash, 0, bits, &bits))
		why = "bad length of the network part in";
	make_mask(r->mask, r->width, bits);
	if (why != NULL)
		ruletext_warn(&c->source, c->source.line, "%s \"%s\": skipping this rule", why, shown);
	ok = why == NULL && host_bits_clear(c, r, shown, bits);
	free(shown);
	return ok;
}

static void
add_rule(struct cidr *c, const struct rule *r)
{
	if (c->n == c->room)
		c->rules = mem_grow(c->rules, c->room = c->room ? c->room * 2 : 64, sizeof(*r));
	c->rules[c->n++] = *r;
}

static void
read_if(struct cidr *c, char *at)
{
	struct rule r = { .line = c->source.line };

	at = ruletext_negation(at, &r.negated);
	if (*at == '\0')
		ruletext_warn(&c->source, r.line, "no address pattern: skipping this rule");
	else if (c->nopen == DEEP_MAX)
		ruletext_warn(&c->source, r.line, "more than %d ifs in each other: skipping this rule", DEEP_MAX);
	else if (read_network(c, &r, at)) {
		c->open[c->nopen++] = c->n;
		add_rule(c, &r);
	}
}

static void
read_endif(struct cidr *c, const char *at)
{
	if (c->nopen == 0)
		ruletext_warn(&c->source, c->source.line, "ENDIF without IF: skipping this rule");
	else if (at[strspn(at, " \t")] != '\0')
		ruletext_warn(&c->source, c->source.line, "garbage after ENDIF: skipping this rule");
	else
		c->rules[c->open[--c->nopen]].end = c->n;
}

static void
read_result(struct cidr *c, char *at)
{
	struct rule r = { .line = c->source.line };
	char *result, *end;

	at = ruletext_negation(at, &r.negated);
	end = at + strcspn(at, " \t\r\n\v\f");
	result = text_trim(end);
	if (*at == '\0')
		ruletext_warn(&c->source, r.line, "no address pattern: skipping this rule");
	else if (*result == '\0')
		ruletext_warn(&c->source, r.line, "no lookup result: skipping this rule");
	else {
		r.result = mem_str(result);
		*end = '\0';
		if (read_network(c, &r, at))
			add_rule(c, &r);
		else
			free(r.result);
	}
}

static void *
cidr_open(const char *name, unsigned flags, const struct table_env *env, struct buf *err)
{
	struct cidr *c = mem_zero(1, sizeof(*c));
	char *line;

	(void)flags;
	if (!ruletext_open(&c->source, "cidr", name, env, err)) {
		free(c);
		return NULL;
	}
	while ((line = ruletext_line(&c->source)) != NULL) {
		if (ruletext_is_word(line, "if"))
			read_if(c, line + strlen("if"));
		else if (ruletext_is_word(line, "endif"))
			read_endif(c, line + strlen("endif"));
		else
			read_result(c, line);
	}
	while (c->nopen > 0) {
		struct rule *r = &c->rules[c->open[--c->nopen]];

		ruletext_warn(&c->source, r->line, "IF has no matching ENDIF");
		r->end = c->n;
	}
	ruletext_done(&c->source);
	return c;
}

/* Of an address of the other family a rule says nothing, neither with ! nor without. */
static bool
applies(const struct rule *r, const unsigned char *key, size_t width)
{
	if (width != r->width)
		return false;
	for (size_t i = 0; i < width; i++)
		if ((key[i] & r->mask[i]) != r->net[i])
			return r->negated;
	return !r->negated;
}

/* The first rule that the key comes under, or NULL. */
static const struct rule *
find_rule(const struct cidr *c, const char *key)
{
	unsigned char bytes[ADDRESS];
	unsigned char width = address_bytes(key, bytes);

	for (size_t i = 0; width > 0 && i < c->n; i++) {
		const struct rule *r = &c->rules[i];
		bool hit = applies(r, bytes, width);

		if (hit && r->result != NULL)
			return r;
		if (!hit && r->result == NULL)
			i = r->end - 1;
	}
	return NULL;
}

static enum table_result
cidr_get(void *handle, const char *key, struct arena *mem, const char **value, struct verdict *why)
{
	const struct rule *r = find_rule(handle, key);

	(void)why;
	if (r == NULL)
		return TABLE_ABSENT;
	*value = arena_str(mem, r->result);
	return TABLE_FOUND;
}

static bool
cidr_where(void *handle, const char *key, const char **file, int *line)
{
	const struct cidr *c = handle;
	const struct rule *r = find_rule(c, key);

	if (r == NULL || c->source.path == NULL)
		return false;
	*file = c->source.path;
	*line = r->line;
	return true;
}

static bool
cidr_changed(void *handle)
{
	const struct cidr *c = handle;

	return ruletext_changed(&c->source);
}

const struct table_type table_cidr = {
	.name = "cidr",
	.about = "networks, in a text file",
	.patterns = true,
	.open = cidr_open,
	.get = cidr_get,
	.where = cidr_where,
	.changed = cidr_changed,
	.close = cidr_close,
};
