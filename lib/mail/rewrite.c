/* SPDX-License-Identifier: Apache-2.0 */
/* Opening the tables, and what makes one address of one. */
#include "lib/mail/rewrite.h"

#include "lib/base/text.h"
#include "lib/mail/address.h"
#include "lib/mail/rewrite_inside.h"

#include <stdlib.h>
#include <string.h>

enum { DOMAINS_MAX = 10000 };

static const char *const class_names[] = {
	[REWRITE_ENVELOPE_SENDER] = "envelope_sender",
	[REWRITE_ENVELOPE_RECIPIENT] = "envelope_recipient",
	[REWRITE_HEADER_SENDER] = "header_sender",
	[REWRITE_HEADER_RECIPIENT] = "header_recipient",
};

static bool
parse_classes(const char *parameter, const char *words, unsigned *out, struct buf *err)
{
	char *copy = mem_str(words), *cursor = copy, *word;
	bool ok = true;
	size_t c;

	*out = 0;
	while (ok && (word = text_word(&cursor, TEXT_LIST)) != NULL) {
		for (c = 0; c < NITEMS(class_names) && !text_same(word, class_names[c]); c++)
			;
		if ((ok = c < NITEMS(class_names)))
			*out |= 1u << c;
		else
			buf_fmt(err,
			    "%s: \"%.100s\" is none of envelope_sender, envelope_recipient, header_sender, header_recipient",
			    parameter, word);
	}
	free(copy);
	return ok;
}

/* "!no.example.com, example.com": pointers into a copy that r keeps. */
static bool
parse_domains(struct rewriter *r, const char *words, struct buf *err)
{
	char *cursor = r->domains_text = mem_str(words), *word;

	while ((word = text_word(&cursor, TEXT_LIST)) != NULL) {
		struct masquerade m = { .stays = false };

		for (; *word == '!'; word++)
			m.stays = !m.stays;
		m.domain = word;
		if (*word == '\0' || r->ndomains >= DOMAINS_MAX) {
			buf_fmt(err, "masquerade_domains: %s",
			    *word == '\0' ? "a \"!\" without a domain" : "too many domains");
			return false;
		}
		if ((r->ndomains & (r->ndomains - 1)) == 0)
			r->domains = mem_grow(r->domains, r->ndomains ? 2 * r->ndomains : 1, sizeof(m));
		r->domains[r->ndomains++] = m;
	}
	return true;
}

static bool
open_masquerading(struct rewriter *r, const struct table_env *env, struct buf *err)
{
	if (!parse_classes("masquerade_classes", r->cf->masquerade_classes, &r->masquerade_classes, err) ||
	    !parse_domains(r, r->cf->masquerade_domains, err))
		return false;
	return r->ndomains == 0 ||
	    (r->exceptions = match_list_open("masquerade_exceptions", r->cf->masquerade_exceptions, env, err)) != NULL;
}

static bool
open_mappings(struct rewriter *r, const struct table_env *env, struct buf *err)
{
	const struct conf *cf = r->cf;
	const struct {
		struct mapping **to;
		const char *name, *specs, *extensions;
	} all[] = {
		{ &r->canonical[0].map, "sender_canonical_maps", cf->sender_canonical_maps, "canonical" },
		{ &r->canonical[1].map, "recipient_canonical_maps", cf->recipient_canonical_maps, "canonical" },
		{ &r->canonical[2].map, "canonical_maps", cf->canonical_maps, "canonical" },
		{ &r->sender_copies, "sender_bcc_maps", cf->sender_bcc_maps, "" },
		{ &r->recipient_copies, "recipient_bcc_maps", cf->recipient_bcc_maps, "" },
		{ &r->aliases, "virtual_alias_maps", cf->virtual_alias_maps, "virtual" },
	};

	for (size_t i = 0; i < NITEMS(all); i++) {
		if (all[i].specs[strspn(all[i].specs, TEXT_LIST)] == '\0')
			continue;
		if (r->ours == NULL && (r->ours = ours_open(cf, env, err)) == NULL)
			return false;
		if (!mapping_open(all[i].to, all[i].name, all[i].specs, all[i].extensions, cf, r->ours, env, err))
			return false;
	}
	return parse_classes("sender_canonical_classes", cf->sender_canonical_classes, &r->canonical[0].classes, err) &&
	    parse_classes(
		"recipient_canonical_classes", cf->recipient_canonical_classes, &r->canonical[1].classes, err) &&
	    parse_classes("canonical_classes", cf->canonical_classes, &r->canonical[2].classes, err);
}

bool
rewriter_open(struct rewriter **out, const struct conf *cf, const struct table_env *env, struct buf *err)
{
	struct rewriter *r = mem_zero(1, sizeof(*r));
	bool ok;

	r->cf = cf;
	ok = open_masquerading(r, env, err) && open_mappings(r, env, err);
	if (!ok || (r->ours == NULL && r->ndomains == 0))
		rewriter_free(&r);
	*out = r;
	return ok;
}

bool
rewriter_changed(struct rewriter *r)
{
	if (r == NULL)
		return false;
	for (size_t i = 0; i < NITEMS(r->canonical); i++)
		if (mapping_changed(r->canonical[i].map))
			return true;
	return mapping_changed(r->sender_copies) || mapping_changed(r->recipient_copies) ||
	    mapping_changed(r->aliases) || (r->exceptions != NULL && match_list_changed(r->exceptions));
}

void
rewriter_free(struct rewriter **rp)
{
	struct rewriter *r = *rp;

	if (r == NULL)
		return;
	for (size_t i = 0; i < NITEMS(r->canonical); i++)
		mapping_free(&r->canonical[i].map);
	mapping_free(&r->sender_copies);
	mapping_free(&r->recipient_copies);
	mapping_free(&r->aliases);
	match_list_free(&r->exceptions);
	ours_free(&r->ours);
	free(r->domains);
	free(r->domains_text);
	free(r);
	*rp = NULL;
}

bool
rewriter_touches(const struct rewriter *r, enum rewrite_class c)
{
	if (r == NULL)
		return false;
	for (size_t i = 0; i < NITEMS(r->canonical); i++)
		if (r->canonical[i].map != NULL && r->canonical[i].classes & 1u << c)
			return true;
	return r->ndomains > 0 && r->masquerade_classes & 1u << c;
}

/* The first listed domain that it is, or is below of, decides. */
static const struct masquerade *
masked_by(const struct rewriter *r, const char *domain)
{
	size_t n = strlen(domain);

	for (size_t i = 0; i < r->ndomains; i++) {
		const struct masquerade *m = &r->domains[i];
		size_t len = strlen(m->domain);

		if (text_same(domain, m->domain))
			return NULL;
		if (n > len && domain[n - len - 1] == '.' && text_same(domain + n - len, m->domain))
			return m->stays ? NULL : m;
	}
	return NULL;
}

static enum fate
masquerade(struct rewriter *r, struct trace *trace, struct arena *mem, const char **address, struct verdict *why)
{
	const char *local, *domain, *masked;
	const struct masquerade *m;
	enum table_result excepted;

	address_split(*address, mem, &local, &domain);
	if (domain == NULL || (m = masked_by(r, domain)) == NULL)
		return FATE_OK;
	excepted = match_list_get_exact(r->exceptions, address_unquote_local(local, mem), mem, why);
	if (excepted == TABLE_ERROR)
		return later(why, "4.3.0", "masquerade_exceptions: %s: %s", *address, arena_str(mem, why->text));
	if (excepted == TABLE_FOUND)
		return FATE_OK;
	masked = arena_fmt(mem, "%s@%s", local, m->domain);
	trace_note(trace, "masquerade_domains", *address, masked);
	*address = masked;
	return FATE_OK;
}

enum fate
rewrite_address(struct rewriter *r, enum rewrite_class c, const char *address, struct trace *trace, struct arena *mem,
    const char **out, struct verdict *why)
{
	const unsigned in = 1u << c;
	const char *now = address;

	if (!rewriter_touches(r, c)) {
		*out = address;
		return FATE_OK;
	}
	for (size_t i = 0; i < NITEMS(r->canonical); i++) {
		const struct canonical *one = &r->canonical[i];

		if (one->map != NULL && one->classes & in &&
		    mapping_one(one->map, now, REWRITE_ROUNDS, trace, mem, &now, why) == TABLE_ERROR)
			return why->fate;
	}
	if (r->ndomains > 0 && r->masquerade_classes & in && masquerade(r, trace, mem, &now, why) != FATE_OK)
		return why->fate;
	*out = now;
	return FATE_OK;
}

static enum fate
copy(struct mapping *m, const char *address, struct trace *trace, struct arena *mem, const char **out,
    struct verdict *why)
{
	const char *found = NULL;

	if (m != NULL && mapping_one(m, address, 1, trace, mem, &found, why) == TABLE_ERROR)
		return why->fate;
	*out = found;
	return FATE_OK;
}

enum fate
rewrite_sender_copy(struct rewriter *r, const char *address, struct trace *trace, struct arena *mem, const char **out,
    struct verdict *why)
{
	return copy(r != NULL ? r->sender_copies : NULL, address, trace, mem, out, why);
}

enum fate
rewrite_recipient_copy(struct rewriter *r, const char *address, struct trace *trace, struct arena *mem,
    const char **out, struct verdict *why)
{
	return copy(r != NULL ? r->recipient_copies : NULL, address, trace, mem, out, why);
}
