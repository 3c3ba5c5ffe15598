/* SPDX-License-Identifier: Apache-2.0 */
/* Names that postconf -e accepts: typing errors must not lie in main.cf as settings that do nothing. */
#include "commands/postconf/postconf.h"

#include "lib/base/log.h"
#include "lib/conf/legacy.h"
#include "lib/conf/maincf.h"
#include "lib/conf/mentions.h"
#include "lib/conf/params.h"

#include <stdlib.h>
#include <string.h>

struct known {
	struct mastercf *master; /* NULL: there is none, or it is broken */
	struct mentions used;
	struct hash there; /* names that main.cf sets already */
};

/* A main.cf that cannot be read is no obstacle: it is told elsewhere, and the change may be what mends it. */
static void
look_at_main(struct known *k, const char *dir, struct arena *mem)
{
	char *path = mem_fmt("%s/main.cf", dir);
	struct buf bytes = BUF(CFTEXT_FILE), ignored = BUF(4096);
	struct maincf m = { 0 };

	if (cftext_read(path, &bytes, &ignored) && maincf_parse(path, &bytes, mem, &m, &ignored))
		for (size_t i = 0; i < m.n; i++) {
			mentions_value(&k->used, m.lines[i].name, m.lines[i].value);
			hash_put(&k->there, m.lines[i].name, k);
		}
	maincf_free(&m);
	buf_free(&bytes);
	buf_free(&ignored);
	free(path);
}

struct known *
known_begin(const struct request *r)
{
	struct known *k = mem_zero(1, sizeof(*k));
	struct arena mem = ARENA(4 * CFTEXT_FILE);
	struct buf ignored = BUF(4096);

	*k = (struct known){ .master = mastercf_load_lines(r->dir, &ignored), .used = MENTIONS, .there = HASH(false) };
	look_at_main(k, r->dir, &mem);
	for (size_t i = 0; k->master != NULL && i < k->master->n; i++)
		mentions_service(&k->used, &k->master->services[i], true);
	buf_free(&ignored);
	arena_free(&mem);
	return k;
}

void
known_value(struct known *k, const char *name, const char *value)
{
	mentions_value(&k->used, name, value);
}

void
known_name(struct known *k, const char *name, const char *shown)
{
	const struct param_legacy *old = param_legacy(name);
	const char *near;

	if (old != NULL && old->successor != NULL)
		log_warn("%s: support for parameter \"%s\" will be removed; instead, specify \"%s\" (%s)", shown, name,
		    old->successor, old->advice);
	else if (old != NULL)
		log_warn("%s: support for parameter \"%s\" will be removed; %s", shown, name, old->advice);
	if (mentions_known(k->master, name) || mentions_has(&k->used, name) || hash_get(&k->there, name) != NULL)
		return;
	near = param_nearest(name);
	log_fatal(1,
	    "%s: unknown parameter%s%s%s; nothing was changed (a name of your own is accepted once a value in main.cf or "
	    "master.cf, or the same command, makes use of it as $%s, or smtpd_restriction_classes has it)",
	    shown, near != NULL ? "; did you mean \"" : "", near != NULL ? near : "", near != NULL ? "\"?" : "", name);
}

void
known_end(struct known **k)
{
	if (*k == NULL)
		return;
	mastercf_free(&(*k)->master);
	mentions_free(&(*k)->used);
	hash_free(&(*k)->there, NULL);
	free(*k);
	*k = NULL;
}
