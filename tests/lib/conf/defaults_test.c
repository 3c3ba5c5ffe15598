/* SPDX-License-Identifier: Apache-2.0 */
/* Every name of Postfix's is known, and has its default but for the differences that are written down. */
#include "lib/base/config.h"
#include "lib/base/mem.h"
#include "lib/conf/legacy.h"
#include "lib/conf/params.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct line {
	char text[4096];	 /* the longest default has 2,700 bytes */
	const char *name, *dflt; /* NULL: not printed by postconf -d */
};

struct lines {
	struct line *v;
	size_t n;
};

static const struct {
	const char *name, *theirs;
} differences[] = {
/* clang-format off */
#define DIFFERENCE(name, theirs, why) { #name, theirs },
#define PLACE(name) { #name, NULL },
#define OWN(name)
#include "lib/conf/differences.def"
#undef DIFFERENCE
#undef PLACE
#undef OWN
	/* clang-format on */
};

static const char *const own[] = {
/* clang-format off */
#define DIFFERENCE(name, theirs, why)
#define PLACE(name)
#define OWN(name) #name,
#include "lib/conf/differences.def"
#undef DIFFERENCE
#undef PLACE
#undef OWN
	/* clang-format on */
};

static int
read_all(void **state)
{
	struct lines *all = mem_zero(1, sizeof(*all));
	FILE *f = fopen("tests/lib/conf/postfix-defaults.tsv", "r");
	struct line l;

	all->v = mem_zero(1500, sizeof(*all->v));
	while (f != NULL && all->n < 1500 && fgets(l.text, sizeof(l.text), f) != NULL) {
		struct line *to = &all->v[all->n];

		if (l.text[0] == '#')
			continue;
		*to = l;
		to->text[strcspn(to->text, "\n")] = '\0';
		to->name = strtok(to->text, "\t");
		to->dflt = strchr(l.text, '\t') != NULL ? to->name + strlen(to->name) + 1 : NULL;
		all->n++;
	}
	if (f != NULL)
		fclose(f);
	*state = all;
	return all->n > 1000 ? 0 : -1;
}

static int
forget_all(void **state)
{
	struct lines *all = *state;

	free(all->v);
	free(all);
	return 0;
}

/* What the documentation calls a parameter, and is an operator within macros. */
static bool
is_parameter(const char *name)
{
	return strcmp(name, "domain_to_ascii") != 0;
}

static void
known(void **state)
{
	const struct lines *all = *state;

	for (size_t i = 0; i < all->n; i++) {
		const char *name = all->v[i].name;

		if (is_parameter(name) && param_find(name) == NULL && param_family(name) == NULL &&
		    param_legacy(name) == NULL)
			fail_msg("%s is in no table", name);
		if (is_parameter(name) && all->v[i].dflt != NULL && param_find(name) == NULL &&
		    param_family(name) == NULL)
			fail_msg("%s has a default, and no row", name);
	}
}

static bool
is_different(const char *name, const char **theirs)
{
	for (size_t i = 0; i < NITEMS(differences); i++) {
		if (strcmp(differences[i].name, name) != 0)
			continue;
		*theirs = differences[i].theirs;
		return true;
	}
	return false;
}

static void
same_defaults(void **state)
{
	const struct lines *all = *state;

	for (size_t i = 0; i < all->n; i++) {
		const struct line *l = &all->v[i];
		const struct param *p = param_find(l->name);
		const char *ours, *theirs = NULL;
		bool different = is_different(l->name, &theirs);

		if (l->dflt == NULL)
			continue;
		ours = param_field(p != NULL ? p : param_family(l->name)).dflt;
		if (!different && strcmp(ours, l->dflt) != 0)
			fail_msg("%s: ours is \"%s\", Postfix's \"%s\"; make it so, or say why in differences.def",
			    l->name, ours, l->dflt);
		if (different && theirs != NULL && strcmp(theirs, l->dflt) != 0)
			fail_msg("%s: Postfix's is \"%s\", not \"%s\"", l->name, l->dflt, theirs);
		if (different && theirs != NULL && strcmp(ours, theirs) == 0)
			fail_msg("%s: is no different; take it out of differences.def", l->name);
	}
}

static bool
listed(const struct lines *all, const char *name)
{
	for (size_t i = 0; i < all->n; i++)
		if (strcmp(all->v[i].name, name) == 0)
			return true;
	return false;
}

static bool
is_own(const char *name)
{
	for (size_t i = 0; i < NITEMS(own); i++)
		if (strcmp(own[i], name) == 0)
			return true;
	return false;
}

static void
own_ones(void **state)
{
	const struct lines *all = *state;

	for (size_t i = 0; i < conf_nparams; i++) {
		const char *name = param_name(&conf_params[i]);

		if (listed(all, name) == is_own(name))
			fail_msg("%s: %s", name, is_own(name) ? "is Postfix's too" : "name it in differences.def");
	}
	for (size_t i = 0; i < NITEMS(own); i++)
		assert_non_null(param_find(own[i]));
	for (size_t i = 0; i < NITEMS(differences); i++)
		assert_non_null(param_find(differences[i].name));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known),
		cmocka_unit_test(same_defaults),
		cmocka_unit_test(own_ones),
	};

	return cmocka_run_group_tests(tests, read_all, forget_all);
}
