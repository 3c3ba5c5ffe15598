/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mapping - the tables of one parameter, which make other addresses of an address.
 *
 *	struct mapping *m;
 *	if (!mapping_open(&m, "canonical_maps", cf->canonical_maps, "canonical", cf, ours, &env, &err)) ...
 *	switch (mapping_one(m, "joe+x@example.com", 10, NULL, &mem, &out, &why)) ...
 *
 * canonical(5), virtual(5) and generic(5) describe the keys (lib/mail/maps.h)
 * and what an entry stands for: its addresses are completed as those of local
 * mail; "@other" is the same user there; an extension that the key did not
 * have is carried over where propagate_unmatched_extensions says so.
 *
 * A table that fails is TABLE_ERROR with status 4.3.0, and so is an entry that
 * names no address or one that cannot be read; what does not come to an end
 * is TABLE_ERROR with 4.6.0.  *why is for the log, not for a client.
 */
#ifndef MAIL_MAPPING_H
#define MAIL_MAPPING_H

#include "lib/mail/ours.h"
#include "lib/mail/trace.h"

struct mapping;
/* *out NULL: the parameter is empty, and nothing was opened.  ours must live as long.  False: err says why. */
bool mapping_open(struct mapping **out, const char *parameter, const char *specs, const char *extension_word,
    const struct conf *, struct ours *, const struct table_env *, struct buf *err);
bool mapping_changed(struct mapping *);
void mapping_free(struct mapping **);
const char *mapping_name(const struct mapping *);

/* All that the entry names, at least one. */
enum table_result mapping_all(struct mapping *, const char *address, struct trace *, struct arena *, const char ***list,
    size_t *n, struct verdict *);

/*
 * Where one address is wanted: the first, of which the result is looked up
 * again, until nothing is found or nothing changes; after so many rounds it
 * is an error, unless 1 was asked for.
 */
enum table_result mapping_one(struct mapping *, const char *address, int rounds, struct trace *, struct arena *,
    const char **out, struct verdict *);

#endif
