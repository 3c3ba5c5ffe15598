/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Addresses in header fields, and in the entries of tables: whatever the text, a field whose addresses change has no
 * line that could be taken for another field, and what an entry gives can stand in an envelope.
 */
#include "lib/mail/address.h"
#include "lib/mail/header_addresses.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static enum fate
map(void *ctx, const char *address, struct arena *mem, const char **out, struct verdict *why)
{
	(void)why;
	(*(size_t *)ctx)++;
	*out = arena_fmt(mem, "%s@new.example", address[0] == '"' ? "\"a b\"" : "joe");
	return FATE_OK;
}

static void
field(const char *text, struct arena *mem)
{
	struct verdict why = VERDICT(mem);
	struct buf out = BUF(1 << 22);
	size_t asked = 0, breaks = 0, before = 0;

	if (header_addresses_map(text, map, &asked, mem, &out, &why) != FATE_OK || (out.len > 0 && asked == 0))
		abort();
	for (const char *s = text; *s != '\0'; s++)
		before += *s == '\n';
	for (const char *s = buf_str(&out); *s != '\0'; s++)
		breaks += *s == '\n';
	if (breaks > before)
		abort();
	buf_free(&out);
}

static void
entry(const char *text, struct arena *mem)
{
	const char **list;
	size_t n;

	if (!address_entry(text, mem, &list, &n))
		return;
	for (size_t i = 0; i < n; i++) {
		if (strlen(list[i]) > ADDRESS_MAX)
			abort();
		for (const char *s = list[i]; *s != '\0'; s++)
			if ((unsigned char)*s < ' ' || *s == 127)
				abort();
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct arena mem = ARENA(8 << 20);
	char *text;

	if (n > 65536)
		return 0;
	text = malloc(n + 1);
	memcpy(text, bytes, n);
	text[n] = '\0';
	field(text, &mem);
	arena_reset(&mem);
	entry(text, &mem);
	arena_free(&mem);
	free(text);
	return 0;
}
