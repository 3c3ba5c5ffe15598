/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/conf/legacy.h"

#include "lib/base/mem.h"

#include <stdlib.h>
#include <string.h>

#define LEGACY(name, successor, advice) { #name, sizeof(successor) > 1 ? (successor) : NULL, advice },

#define LEGACY_PARAM(name, successor, advice) LEGACY(name, successor, advice)
#define LEGACY_RESTRICTION(name, successor, advice)
const struct param_legacy legacy_params[] = {
#include "lib/conf/legacy.def"
};
#undef LEGACY_PARAM
#undef LEGACY_RESTRICTION

#define LEGACY_PARAM(name, successor, advice)
#define LEGACY_RESTRICTION(name, successor, advice) LEGACY(name, successor, advice)
const struct param_legacy legacy_restrictions[] = {
#include "lib/conf/legacy.def"
};

const size_t legacy_nparams = NITEMS(legacy_params);
const size_t legacy_nrestrictions = NITEMS(legacy_restrictions);

static int
by_name(const void *name, const void *row)
{
	return strcmp(name, ((const struct param_legacy *)row)->name);
}

const struct param_legacy *
param_legacy(const char *name)
{
	return bsearch(name, legacy_params, legacy_nparams, sizeof(legacy_params[0]), by_name);
}

const struct param_legacy *
restriction_legacy(const char *name)
{
	return bsearch(name, legacy_restrictions, legacy_nrestrictions, sizeof(legacy_restrictions[0]), by_name);
}

void
legacy_tell(const struct param_legacy *l, struct buf *out)
{
	buf_fmt(out, "%s is a legacy name", l->name);
	if (l->successor != NULL)
		buf_fmt(out, " of %s", l->successor);
	buf_fmt(out, "; %s", l->advice);
}
