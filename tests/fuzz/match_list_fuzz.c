/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of clients: one is parsed or refused with a reason, and what it says of a client is the same twice. */
#include "lib/table/match_list.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* What is on this machine is no part of the input: neither files nor tables, but those that are in the list itself. */
static bool
leads_away(const char *text)
{
	static const char *const own[] = { "inline", "static" };

	if (text[0] == '/' || strstr(text, " /") || strstr(text, "!/") || strstr(text, ",/") || strstr(text, "\t/") ||
	    strstr(text, "\n/") || strstr(text, "\r/"))
		return true;
	for (const struct table_type *const *t = table_types; *t != NULL; t++) {
		const char *at = strstr(text, (*t)->name);

		if (at != NULL && strcmp((*t)->name, own[0]) != 0 && strcmp((*t)->name, own[1]) != 0)
			return true;
	}
	return false;
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	static const char *const addresses[] = { "127.0.0.1", "::1", "192.0.2.129", "2001:db8::8000", "0.0.0.0",
		"255.255.255.255" };
	static const struct conf cf = { .parent_domain_matches_subdomains = "mynetworks", .smtputf8_enable = true };
	const struct table_env env = { .cf = &cf };
	struct arena mem = ARENA(1 << 22);
	struct verdict why = VERDICT(&mem);
	struct buf err = BUF(4096);
	struct match_list *l = NULL;
	char *text = malloc(n + 1);

	memcpy(text, bytes, n);
	text[n] = '\0';
	if (!leads_away(text)) {
		l = match_list_open_clients("mynetworks", text, &env, &err);
		if (l == NULL && err.len == 0)
			abort();
	}
	for (size_t i = 0; l != NULL && i < NITEMS(addresses); i++) {
		struct addr a;

		if (!addr_parse(&a, addresses[i], 25) ||
		    match_list_get_client(l, "host.example.com", &a, &mem, &why) !=
			match_list_get_client(l, "host.example.com", &a, &mem, &why))
			abort();
	}
	match_list_free(&l);
	arena_free(&mem);
	buf_free(&err);
	free(text);
	return 0;
}
