/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/conf/mastercf.h"

#include "lib/base/hash.h"
#include "lib/base/log.h"
#include "lib/conf/cftext.h"

#include <stdlib.h>
#include <string.h>

enum { MASTERCF_MEMORY = 64 << 20, SERVICES_MAX = 10000, WARNINGS = 1 << 16 };

/* Postfix's services that have no counterpart here: the queue file and the processes hold what they held. */
static const struct {
	const char *name, *program; /* NULL: of any name */
	const char *why;
} unneeded[] = {
	{ NULL, "scache", "the delivery agent keeps its connections itself" },
	{ NULL, "flush", "the queue manager knows which message waits for which domain" },
	{ "defer", "bounce", "the history of a message is in its queue file" },
	{ "trace", "bounce", "the history of a message is in its queue file" },
	/* Helpers that none of our programs calls so far; who builds one takes its line out. */
	{ NULL, "anvil", "this version does not limit the rate of clients" },
	{ NULL, "dnsblog", "this version has no postscreen" },
	{ NULL, "tlsmgr", "this version has no TLS" },
	{ NULL, "tlsproxy", "this version has no postscreen" },
	{ NULL, "verify", "this version does not verify addresses" },
};

/* What our programs call and a Postfix master.cf does not have. */
static const struct {
	const char *name, *type, *line;
} builtins[] = {
	{ "resolver", "unix", "resolver unix - - n - 1 resolver" },
	{ "proxymap", "unix", "proxymap unix - - n - - proxymap" },
	{ "proxywrite", "unix", "proxywrite unix - - n - 1 proxymap" },
	{ "postlog", "unix-dgram", "postlog unix-dgram n - n - 1 postlogd" },
};

struct reading {
	struct mastercf *m;
	struct arena *mem;
	struct hash index; /* "name/type" to the number of the service, plus one */
	struct buf warnings, left_out;
	bool as_written; /* repeated lines stay, built-in ones are not added */
};

/* NULL: it is needed. */
static const char *
why_unneeded(const struct mastercf_service *s)
{
	for (size_t i = 0; i < NITEMS(unneeded); i++)
		if (strcmp(s->program, unneeded[i].program) == 0 &&
		    (unneeded[i].name == NULL || strcmp(s->name, unneeded[i].name) == 0))
			return unneeded[i].why;
	return NULL;
}

static const char *
key_of(struct arena *mem, const struct mastercf_service *s)
{
	return arena_fmt(mem, "%s/%s", s->name, s->type_text);
}

/* A line that names a service again takes the place of the earlier one. */
static bool
keep(struct reading *r, const struct mastercf_service *s, struct buf *err)
{
	struct mastercf *m = r->m;
	const char *key = key_of(r->mem, s);
	size_t place = (size_t)hash_get(&r->index, key);

	if (place != 0 && !r->as_written) {
		struct mastercf_service *old = &m->services[place - 1];

		buf_fmt(&r->warnings, "%s, line %d: %s is defined again in line %d, which counts\n", m->path, old->line,
		    key, s->line);
		*old = *s;
		return true;
	}
	if (m->n >= SERVICES_MAX) {
		buf_fmt(err, "%s: more than %d services", m->path, SERVICES_MAX);
		return false;
	}
	if ((m->n & (m->n - 1)) == 0)
		m->services = mem_grow(m->services, m->n ? 2 * m->n : 1, sizeof(*m->services));
	m->services[m->n++] = *s;
	hash_put(&r->index, key, (void *)m->n);
	return true;
}

static bool
read_lines(struct reading *r, const struct buf *bytes, struct buf *err)
{
	struct cftext t = cftext_of(r->m->path, bytes);
	struct buf why = BUF(4096);
	bool (*parse)(char *, struct arena *, struct mastercf_service *, struct buf *) =
	    r->as_written ? mastercf_parse_as_written : mastercf_parse;
	struct mastercf_service s;
	struct cftext_logical l;
	bool ok = true;

	t.warnings = &r->left_out;
	while (ok && cftext_logical(&t, r->mem, &l, err)) {
		if (!(ok = parse(l.text, r->mem, &s, &why))) {
			buf_fmt(err, "%s, line %d: %s", r->m->path, l.line, buf_str(&why));
			break;
		}
		s.line = l.line;
		s.line_text = arena_strn(r->mem, l.raw, l.rawlen);
		s.ignored_why = why_unneeded(&s);
		s.ignored = s.ignored_why != NULL;
		ok = keep(r, &s, err);
	}
	buf_free(&why);
	return ok && err->len == 0;
}

static bool
add_builtins(struct reading *r, struct buf *err)
{
	struct mastercf_service s;

	for (size_t i = 0; i < NITEMS(builtins); i++) {
		const char *key = arena_fmt(r->mem, "%s/%s", builtins[i].name, builtins[i].type);

		if (hash_get(&r->index, key) != NULL)
			continue;
		if (!mastercf_parse(arena_str(r->mem, builtins[i].line), r->mem, &s, err))
			return false;
		s.line_text = builtins[i].line;
		s.builtin = true;
		if (!keep(r, &s, err))
			return false;
	}
	return true;
}

static bool
read_all(struct reading *r, struct buf *err)
{
	struct buf bytes = BUF(CFTEXT_FILE);
	bool ok = cftext_read(r->m->path, &bytes, err) && read_lines(r, &bytes, err) &&
	    (r->as_written || add_builtins(r, err));

	buf_free(&bytes);
	r->m->warnings = arena_str(r->mem, buf_str(&r->warnings));
	r->m->left_out = arena_str(r->mem, buf_str(&r->left_out));
	if (ok && !arena_ok(r->mem)) {
		buf_fmt(err, "%s: too large; shorten it", r->m->path);
		ok = false;
	}
	return ok;
}

static struct mastercf *
load(const char *dir, bool as_written, struct buf *err)
{
	struct mastercf *m = mem_zero(1, sizeof(*m));
	struct arena *mem = mem_zero(1, sizeof(*mem));
	struct reading r = { .m = m,
		.mem = mem,
		.index = HASH(false),
		.warnings = BUF(WARNINGS),
		.left_out = BUF(WARNINGS),
		.as_written = as_written };

	*mem = (struct arena)ARENA(MASTERCF_MEMORY);
	m->mem = mem;
	m->path = mem_fmt("%s/master.cf", dir);
	if (!read_all(&r, err))
		mastercf_free(&m);
	hash_free(&r.index, NULL);
	buf_free(&r.warnings);
	buf_free(&r.left_out);
	return m;
}

struct mastercf *
mastercf_load(const char *dir, struct buf *err)
{
	return load(dir, false, err);
}

struct mastercf *
mastercf_load_lines(const char *dir, struct buf *err)
{
	return load(dir, true, err);
}

void
mastercf_free(struct mastercf **m)
{
	if (*m == NULL)
		return;
	arena_free((*m)->mem);
	free((*m)->mem);
	free((*m)->services);
	free((*m)->path);
	free(*m);
	*m = NULL;
}
