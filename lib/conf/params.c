/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/conf/params.h"

#include "lib/base/config.h"
#include "lib/base/mem.h"
#include "lib/base/nearest.h"

#include <limits.h>
#include <string.h>

/* clang-format off */
#define PARAM(type, name, dflt, least, most, status, who, doc) PARAM_NAMED(type, name, #name, dflt, least, most, status, who, doc)

/* A status is its note here, and its number below. */
#define WORKS		""
#define NO_EFFECT(note) note
#define REFUSED(note)	note
#define NOT_BUILT(note) note

/* The texts of all rows: first what is looked at when a program starts, then what postconf and the manual need. */
static const struct texts {
#define PARAM_NAMED(type, member, name, dflt, least, most, status, who, doc) \
	char name_##member[sizeof(name)], dflt_##member[sizeof(dflt)];
#include "lib/conf/params.def"
#include "lib/conf/families.def"
#undef PARAM_NAMED
#define PARAM_NAMED(type, member, name, dflt, least, most, status, who, doc) \
	char note_##member[sizeof(status)], who_##member[sizeof(who)], doc_##member[sizeof(doc)];
#include "lib/conf/params.def"
#include "lib/conf/families.def"
#undef PARAM_NAMED
} texts = {
#define PARAM_NAMED(type, member, name, dflt, least, most, status, who, doc) name, dflt,
#include "lib/conf/params.def"
#include "lib/conf/families.def"
#undef PARAM_NAMED
#define PARAM_NAMED(type, member, name, dflt, least, most, status, who, doc) status, who, doc,
#include "lib/conf/params.def"
#include "lib/conf/families.def"
#undef PARAM_NAMED
};
#undef WORKS
#undef NO_EFFECT
#undef REFUSED
#undef NOT_BUILT

#define WORKS		PARAM_WORKS
#define NO_EFFECT(note) PARAM_NO_EFFECT
#define REFUSED(note)	PARAM_REFUSED
#define NOT_BUILT(note) PARAM_NOT_BUILT
#define PARAM_NAMED(type, member, name, dflt, least, most, status, who, doc) \
	{ least, most, F_##type, status, AT(member), offsetof(struct texts, name_##member), \
	  offsetof(struct texts, dflt_##member), offsetof(struct texts, note_##member), \
	  offsetof(struct texts, who_##member), offsetof(struct texts, doc_##member) },
#define AT(member) offsetof(struct conf, member)
const struct param conf_params[] = {
#include "lib/conf/params.def"
};
#undef AT
#define AT(member) 0
const struct param param_families[] = {
#include "lib/conf/families.def"
};
/* clang-format on */
const size_t conf_nparams = NITEMS(conf_params);
const size_t param_nfamilies = NITEMS(param_families);

static const char *
text_at(unsigned place)
{
	return (const char *)&texts + place;
}

const char *
param_name(const struct param *p)
{
	return text_at(p->name);
}

const char *
param_who(const struct param *p)
{
	return text_at(p->who);
}

enum param_status
param_status(const struct param *p)
{
	return p->status;
}

const char *
param_note(const struct param *p)
{
	return text_at(p->note);
}

struct field
param_field(const struct param *p)
{
	return (struct field){ .name = text_at(p->name),
		.type = p->type,
		.at = p->at,
		.dflt = text_at(p->dflt),
		.least = p->least,
		.most = p->most,
		.since = 1,
		.doc = text_at(p->doc) };
}

const struct param *
param_find(const char *name)
{
	size_t least = 0, most = conf_nparams;

	while (least < most) {
		size_t middle = least + (most - least) / 2;
		int order = strcmp(name, param_name(&conf_params[middle]));

		if (order == 0)
			return &conf_params[middle];
		if (order < 0)
			most = middle;
		else
			least = middle + 1;
	}
	return NULL;
}

const struct param *
param_family(const char *name)
{
	size_t n = strlen(name);

	for (size_t i = 0; i < param_nfamilies; i++) {
		const char *suffix = param_name(&param_families[i]);
		size_t m = strlen(suffix);

		if (n > m && strcmp(name + n - m, suffix) == 0)
			return &param_families[i];
	}
	return NULL;
}

const char *
param_nearest(const char *name)
{
	struct nearest n = NEAREST(name);

	for (size_t i = 0; i < conf_nparams; i++)
		nearest_try(&n, param_name(&conf_params[i]));
	return n.name;
}
