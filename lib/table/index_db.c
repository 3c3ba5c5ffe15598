/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/table/index_db.h"

enum { FILE_HEAD = 512, CHECKSUMS = 1 };
enum {
	AT_MAGIC = 12,
	AT_VERSION = 16,
	AT_PAGE = 20,
	AT_CRYPT = 24,
	AT_META_FLAGS = 26,
	AT_LAST = 32,
	AT_PARTS = 36,
	AT_FLAGS = 48
};

bool
index_db_is(const struct index *ix, uint32_t magic)
{
	return ix->size >= FILE_HEAD && index_32(ix->at + AT_MAGIC) == magic;
}

const char *
index_db_load(struct index *ix, unsigned oldest, unsigned newest, uint32_t plain_flags)
{
	uint32_t version = index_32(ix->at + AT_VERSION), last = index_32(ix->at + AT_LAST);

	ix->page = index_32(ix->at + AT_PAGE);
	if (version < oldest || version > newest)
		return "a version of Berkeley DB that is not known here";
	if (ix->page < FILE_HEAD || ix->page > 65536 || (ix->page & (ix->page - 1)) != 0)
		return "its first page is damaged";
	if (ix->at[AT_CRYPT] != 0 || (ix->at[AT_META_FLAGS] & CHECKSUMS) || index_32(ix->at + AT_PARTS) != 0 ||
	    (index_32(ix->at + AT_FLAGS) & ~plain_flags) != 0)
		return "it is encrypted, in parts, or has checksums or duplicates";
	if (last >= ix->size / ix->page)
		return "the file ends too early";
	return NULL;
}

const uint8_t *
index_db_page(const struct index *ix, uint32_t number)
{
	const uint8_t *p;

	if (number == 0 || number >= ix->size / ix->page)
		return NULL;
	p = ix->at + (size_t)number * ix->page;
	return index_32(p + 8) == number ? p : NULL;
}

uint32_t
index_db_item(const struct index *ix, const uint8_t *p, uint32_t i, uint32_t n)
{
	uint32_t first = DB_HEAD + 2 * index_db_items(p), at;

	if (first > ix->page)
		return 0;
	at = index_16(p + DB_HEAD + (size_t)2 * i);
	return at >= first && at + n <= ix->page ? at : 0;
}

bool
index_db_long(const struct index *ix, uint32_t number, uint32_t length, struct arena *mem, struct span *out)
{
	uint8_t *to;
	uint32_t done = 0;

	if (length > ix->size || (to = arena_alloc(mem, (size_t)length + 1)) == NULL)
		return false;
	*out = (struct span){ to, length };
	while (done < length) {
		const uint8_t *p = index_db_page(ix, number);
		uint32_t n = p != NULL ? index_16(p + 22) : 0;

		if (n == 0 || p[25] != DB_OVERFLOW || n > ix->page - DB_HEAD || n > length - done)
			return false;
		memcpy(to + done, p + DB_HEAD, n);
		done += n;
		number = index_32(p + 16);
	}
	return true;
}
