/* SPDX-License-Identifier: Apache-2.0 */
/* Any answer of a tcp: or socketmap: server: found, absent, or a temporary error with words. */
#include "lib/base/log.h"
#include "lib/table/wire.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
judge(enum table_result r, const char *value, size_t size, const struct verdict *why)
{
	must_hold(r != TABLE_FOUND || (value != NULL && strlen(value) <= size));
	must_hold(r != TABLE_ERROR || (why->fate == FATE_LATER && why->text[0] != '\0'));
}

/* What is asked for any key is one line, or one netstring, that ends where it says. */
static void
ask(const char *key)
{
	struct buf b = BUF(1 << 20);
	char *colon;

	wire_tcp_request(&b, key);
	must_hold(strcspn(b.s, "\n\r\t\x7f") == b.len - 1 && b.s[b.len - 1] == '\n');
	buf_clear(&b);
	wire_socketmap_request(&b, "name", key);
	colon = strchr(b.s, ':');
	*colon = '\0';
	must_hold(wire_netstring_length(b.s) == (long)strlen(colon + 1) - 1);
	buf_free(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena mem = ARENA(1 << 20);
	struct verdict why = VERDICT(&mem);
	const char *value = NULL;
	char *text;

	if (size > 1 << 14)
		return 0;
	text = mem_alloc(size + 1);
	memcpy(text, data, size);
	text[size] = '\0';
	judge(wire_tcp_reply(text, size, "tcp:x", &mem, &value, &why), value, size, &why);
	judge(wire_socketmap_reply(text, size, "socketmap:x", &mem, &value, &why), value, size, &why);
	must_hold(wire_netstring_length(text) >= -1);
	ask(text);
	arena_free(&mem);
	free(text);
	return 0;
}
