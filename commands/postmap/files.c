/* SPDX-License-Identifier: Apache-2.0 */
/* -F: certificates and keys within a table, as base64 of the files that the source names. */
#include "commands/postmap/postmap.h"

#include "lib/base/text.h"
#include "lib/io/file.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

enum { FILES_MAX = 512 << 10 }; /* a reader takes values of up to a megabyte */

char *
files_encode(const char *names, struct buf *err)
{
	char *copy = mem_str(names), *cursor = copy, *name, *out = NULL;
	struct buf all = BUF(FILES_MAX);
	bool ok = true;

	while (ok && (name = text_word(&cursor, TEXT_LIST)) != NULL) {
		struct buf one = BUF(FILES_MAX);

		if (!(ok = file_read(AT_FDCWD, name, &one)))
			buf_fmt(err, "open %s: %s", name, strerror(errno));
		if (all.len > 0)
			buf_putc(&all, '\n');
		buf_add(&all, buf_str(&one), one.len);
		buf_free(&one);
	}
	if (ok && !buf_ok(&all)) {
		buf_fmt(err, "%s: more than %d octets", names, FILES_MAX);
		ok = false;
	}
	if (ok) {
		out = mem_alloc(all.len / 3 * 4 + 5);
		EVP_EncodeBlock((unsigned char *)out, (const unsigned char *)buf_str(&all), (int)all.len);
	}
	buf_free(&all);
	free(copy);
	return out;
}

char *
files_decode(const char *value, size_t *n)
{
	size_t length = strlen(value);
	char *out;
	int got;

	if (length % 4 != 0 || length > INT32_MAX)
		return NULL;
	out = mem_alloc(length / 4 * 3 + 1);
	got = EVP_DecodeBlock((unsigned char *)out, (const unsigned char *)value, (int)length);
	if (got < 0) {
		free(out);
		return NULL;
	}
	while (length > 0 && value[--length] == '=')
		got--;
	*n = (size_t)got;
	return out;
}
