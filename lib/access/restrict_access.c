/* SPDX-License-Identifier: Apache-2.0 */
/* Access tables: the keys under which something may stand in them; access(5). */
#include "lib/access/restrict_rows.h"
#include "lib/base/log.h"
#include "lib/base/text.h"
#include "lib/conf/conf.h"
#include "lib/mail/address.h"

#include <string.h>

enum { KEYS_MAX = 160 };

struct keys {
	const char *key[KEYS_MAX];
	bool whole[KEYS_MAX]; /* or a part of the one before */
	size_t n;
};

/* ---- keys, the most specific first ---- */

/* A whole name or address; what follows it, until the next, are parts of it. */
static void
add_whole(struct keys *k, const char *key)
{
	if (key[0] != '\0' && k->n < KEYS_MAX) {
		k->whole[k->n] = true;
		k->key[k->n++] = key;
	}
}

static void
add(struct keys *k, const char *key)
{
	if (key[0] != '\0' && k->n < KEYS_MAX) {
		k->whole[k->n] = false;
		k->key[k->n++] = key;
	}
}

/* Tables of patterns see whole keys only. */
static enum table_result
look_at(struct table *t, const struct keys *k, size_t i, struct arena *mem, const char **value, struct verdict *why)
{
	return k->whole[i] || !table_is_patterns(t) ? table_get(t, k->key[i], mem, value, why) : TABLE_ABSENT;
}

/* Does example.com stand for what is below it, or does .example.com? */
static bool
parent_matches(const struct conf *cf)
{
	return text_list_has(cf->parent_domain_matches_subdomains, "smtpd_access_maps");
}

static void
add_parents(struct judging *j, struct keys *k, const char *domain)
{
	bool parent = parent_matches(j->c->cf);
	const char *dot = domain;

	if (domain[0] == '[')
		return;
	while ((dot = strchr(dot, '.')) != NULL && dot[1] != '\0') {
		add(k, parent ? dot + 1 : dot);
		dot++;
	}
}

static void
add_domain(struct judging *j, struct keys *k, const char *domain)
{
	add_whole(k, domain);
	add_parents(j, k, domain);
}

/* 192.0.2.1, 192.0.2, 192.0, 192; the parts of an IPv6 address likewise. */
static void
add_network(struct judging *j, struct keys *k, const char *host)
{
	char separator = strchr(host, ':') != NULL ? ':' : '.';
	char *s = arena_str(j->mem, host), *cut;

	add_whole(k, host);
	while ((cut = strrchr(s, separator)) != NULL) {
		while (cut > s && cut[-1] == separator)
			cut--;
		s = arena_strn(j->mem, s, (size_t)(cut - s));
		add(k, s);
	}
}

static void
add_address(struct judging *j, struct keys *k, const char *address)
{
	const char *local, *domain, *user, *extension;

	if (address[0] == '\0') {
		add_whole(k, j->c->cf->smtpd_null_access_lookup_key);
		return;
	}
	address_split(address, j->mem, &local, &domain);
	if (domain == NULL)
		domain = j->c->cf->myorigin;
	local = address_unquote_local(local, j->mem);
	address_extension(local, j->c->cf->recipient_delimiter, j->mem, &user, &extension);
	add_whole(k, arena_fmt(j->mem, "%s@%s", local, domain));
	if (extension != NULL)
		add(k, arena_fmt(j->mem, "%s@%s", user, domain));
	add(k, domain);
	add_parents(j, k, domain);
	add(k, arena_fmt(j->mem, "%s@", local));
	if (extension != NULL)
		add(k, arena_fmt(j->mem, "%s@", user));
}

static enum opinion
look_up(struct judging *j, struct table *t, const struct keys *k, struct subject s)
{
	struct verdict why = VERDICT(j->mem);
	const char *value;

	for (size_t i = 0; i < k->n; i++) {
		switch (look_at(t, k, i, j->mem, &value, &why)) {
		case TABLE_ABSENT:
			continue;
		case TABLE_FOUND:
			return judge_value(j, s, value, table_spec(t));
		case TABLE_ERROR:
			if (!j->c->trial)
				log_warn("access table %s: %s", table_spec(t), why.text);
			return judge_refuse(j, 451, "4.3.5", s, "Server configuration error");
		}
	}
	return OPINION_NONE;
}

/* ---- the restrictions ---- */

static enum opinion
check_host(struct judging *j, const struct step *step, const char *name)
{
	struct keys k = { .n = 0 };

	add_domain(j, &k, name);
	add_network(j, &k, j->c->host);
	return look_up(j, step->table, &k, judge_client(j));
}

enum opinion
restrict_check_client(struct judging *j, const struct step *step)
{
	return check_host(j, step, j->c->name);
}

enum opinion
restrict_check_reverse_client(struct judging *j, const struct step *step)
{
	return check_host(j, step, j->c->reverse);
}

enum opinion
restrict_check_helo(struct judging *j, const struct step *step)
{
	struct keys k = { .n = 0 };
	struct subject s;

	if (!judge_helo(j, &s))
		return OPINION_NONE;
	add_domain(j, &k, s.name);
	return look_up(j, step->table, &k, s);
}

enum opinion
restrict_check_sender(struct judging *j, const struct step *step)
{
	struct keys k = { .n = 0 };
	struct subject s;

	if (!judge_sender(j, &s))
		return OPINION_NONE;
	add_address(j, &k, s.name);
	return look_up(j, step->table, &k, s);
}

enum opinion
restrict_check_recipient(struct judging *j, const struct step *step)
{
	struct keys k = { .n = 0 };
	struct subject s;

	if (!judge_recipient(j, &s))
		return OPINION_NONE;
	add_address(j, &k, s.name);
	return look_up(j, step->table, &k, s);
}

enum opinion
restrict_check_etrn(struct judging *j, const struct step *step)
{
	struct keys k = { .n = 0 };

	if (j->etrn == NULL)
		return OPINION_NONE;
	add_domain(j, &k, j->etrn);
	return look_up(j, step->table, &k, (struct subject){ SUBJECT_ETRN, j->etrn });
}

enum opinion
restrict_check_any(struct judging *j, const struct step *step)
{
	static restrict_function *const by_list[] = { [SUBJECT_CLIENT] = restrict_check_client,
		[SUBJECT_HELO] = restrict_check_helo,
		[SUBJECT_SENDER] = restrict_check_sender,
		[SUBJECT_RECIPIENT] = restrict_check_recipient,
		[SUBJECT_DATA] = restrict_check_recipient,
		[SUBJECT_END] = restrict_check_recipient,
		[SUBJECT_ETRN] = restrict_check_etrn };

	return by_list[j->subject.kind](j, step);
}

/* In local_header_rewrite_clients: an address that is listed, whatever the value. */
enum opinion
restrict_check_address_map(struct judging *j, const struct step *step)
{
	struct verdict why = VERDICT(j->mem);
	struct keys k = { .n = 0 };
	const char *value;

	add_network(j, &k, j->c->host);
	for (size_t i = 0; i < k.n; i++) {
		switch (look_at(step->table, &k, i, j->mem, &value, &why)) {
		case TABLE_FOUND:
			return OPINION_PERMIT;
		case TABLE_ERROR:
			if (!j->c->trial)
				return judge_misconfigured(j, "access table %s: %s", table_spec(step->table), why.text);
		case TABLE_ABSENT:
			break;
		}
	}
	return OPINION_NONE;
}
