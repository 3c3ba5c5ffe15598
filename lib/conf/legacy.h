/* SPDX-License-Identifier: Apache-2.0 */
/*
 * legacy - names of main.cf that are still in use, and what took their place.
 *
 *	const struct param_legacy *old = param_legacy("smtpd_use_tls");
 *	if (old != NULL)
 *		... old->successor, old->advice ...
 *
 * Some are rows of params.def as well (param_find() knows them), some are names
 * that only a default mentions: "$fallback_relay".  All of them are known names.
 */
#ifndef CONF_LEGACY_H
#define CONF_LEGACY_H

#include "lib/base/buf.h"

#include <stddef.h>

struct param_legacy {
	const char *name;
	const char *successor; /* a name; NULL: nothing took its place */
	const char *advice;    /* what to write instead, without a full stop */
};

const struct param_legacy *param_legacy(const char *name);	 /* NULL: not one of them */
const struct param_legacy *restriction_legacy(const char *name); /* the same for restrictions of smtpd */

/* "smtpd_use_tls is a legacy name of smtpd_tls_security_level; write ... where it is yes". */
void legacy_tell(const struct param_legacy *, struct buf *out);

/* All of them, sorted by name. */
extern const struct param_legacy legacy_params[], legacy_restrictions[];
extern const size_t legacy_nparams, legacy_nrestrictions;

#endif
