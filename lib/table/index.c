/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/table/index.h"

static const struct index_format *const formats[] = { &index_hash, &index_btree, &index_lmdb, &index_cdb };

bool
index_load(struct index *ix, struct buf *err)
{
	const char *wrong = "it is no table that is known here";

	for (size_t i = 0; i < NITEMS(formats); i++)
		if (formats[i]->is(ix)) {
			ix->format = formats[i];
			wrong = formats[i]->load(ix);
			break;
		}
	if (wrong != NULL)
		buf_puts(err, wrong);
	return wrong == NULL;
}
