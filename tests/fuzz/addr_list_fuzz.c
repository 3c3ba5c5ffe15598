/* SPDX-License-Identifier: Apache-2.0 */
/* Address patterns: a list is parsed or refused with a reason, and what it says of an address is the same twice. */
#include "lib/base/mem.h"
#include "lib/net/addr.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	static const char *const addresses[] = { "127.0.0.1", "::1", "192.0.2.129", "2001:db8::8000", "0.0.0.0",
		"255.255.255.255" };
	struct buf err = BUF(4096);
	struct addr_list *l;
	char *text = malloc(n + 1);

	memcpy(text, bytes, n);
	text[n] = '\0';
	/* Files are not looked for: what is on this machine is no part of the input. */
	if (strchr(text, '/') == text || strstr(text, " /") || strstr(text, "!/") || strstr(text, ",/") ||
	    strstr(text, "\t/") || strstr(text, "\n/") || strstr(text, "\r/")) {
		free(text);
		return 0;
	}
	l = addr_list_parse(text, &err);
	if ((l == NULL) != (err.len > 0))
		abort();
	for (size_t i = 0; l != NULL && i < NITEMS(addresses); i++) {
		struct addr a;

		if (!addr_parse(&a, addresses[i], 25) || addr_list_match(l, &a) != addr_list_match(l, &a))
			abort();
	}
	addr_list_free(&l);
	buf_free(&err);
	free(text);
	return 0;
}
