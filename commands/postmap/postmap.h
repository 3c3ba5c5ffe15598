/* SPDX-License-Identifier: Apache-2.0 */
/* postmap - what its parts share: the options, and a table's name as it is given. */
#ifndef POSTMAP_POSTMAP_H
#define POSTMAP_POSTMAP_H

#include "lib/conf/conf.h"
#include "lib/table/make.h"
#include "lib/table/table.h"

#include <stdio.h>

struct postmap {
	bool aliases; /* we are postalias */
	bool body, header, mime, forced_utf8, no_utf8, files, no_fold, incremental, keep_root, list;
	const char *dir, *query, *delete;
	struct make make; /* what the options say about making */
	char **tables;
	int ntables;
	const struct conf *cf;
};

struct spec {
	char *type, *name, *whole; /* "hash", "/etc/x", "hash:/etc/x" */
};

void spec_of(struct spec *, const struct postmap *, const char *given); /* the default type, if none is given */
void spec_free(struct spec *);

/* Each gives the exit status. */
int build_all(const struct postmap *);
int delete_all(const struct postmap *);
int query_all(const struct postmap *);
int list_all(const struct postmap *);

/* The value of -F: the files that it names, as base64; NULL: *err.  And back.  Both are the caller's to free(). */
char *files_encode(const char *names, struct buf *err);
char *files_decode(const char *value, size_t *n);

/* Each look-up key of the message on standard input, as cleanup would make them for header or body checks. */
typedef void message_key(void *ctx, const char *key);
void message_keys(FILE *, const struct postmap *, message_key *, void *ctx);

#endif
