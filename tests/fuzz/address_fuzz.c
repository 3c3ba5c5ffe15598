/* SPDX-License-Identifier: Apache-2.0 */
/* Any text as a path and as a list: what is taken is well-formed, stable and where it says. */
#include "lib/base/log.h"
#include "lib/base/text.h"
#include "lib/mail/address.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
well_formed(const char *address, struct arena *mem)
{
	const char *local, *domain, *again, *why, *text = arena_fmt(mem, "<%s>", address);
	size_t n;

	if (address[0] == '\0')
		return;
	must_hold(strlen(address) <= ADDRESS_MAX);
	for (const char *s = address; *s != '\0'; s++)
		must_hold((unsigned char)*s >= ' ' && *s != 127);
	must_hold(address_path(&text, false, true, true, mem, &again, &why));
	must_hold(strcmp(again, address) == 0 && *text == '\0');
	address_split(address, mem, &local, &domain);
	must_hold(strcmp(address_quote_local(address_unquote_local(local, mem), mem), local) == 0);
	if (domain == NULL)
		return;
	n = strlen(domain);
	if (n > 1 && domain[n - 1] == '.')
		domain = arena_strn(mem, domain, n - 1);
	must_hold(address_domain_ok(domain, true));
}

static void
path(const char *text, unsigned how, struct arena *mem)
{
	const char *rest = text, *address, *why;

	if (!address_path(&rest, how & 1, how & 2, how & 4, mem, &address, &why))
		return;
	must_hold(rest > text && rest <= text + strlen(text));
	must_hold((how & 2) || address[0] != '\0');
	must_hold((how & 4) || text_ascii(address));
	well_formed(address, mem);
}

static void
list(const char *text, struct arena *mem)
{
	struct address_item *items;
	size_t n, behind = 0;

	must_hold(address_list(text, mem, &items, &n));
	for (size_t i = 0; i < n; i++) {
		must_hold(items[i].at >= behind && items[i].len > 0);
		behind = items[i].at + items[i].len;
		must_hold(behind <= strlen(text) && items[i].address[0] != '\0');
		well_formed(items[i].address, mem);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena mem = ARENA(64 << 20);
	const char *user, *ext;
	char *text;

	if (size < 1 || size > 1 << 16)
		return 0;
	text = mem_alloc(size);
	memcpy(text, data + 1, size - 1);
	text[size - 1] = '\0';
	path(text, data[0], &mem);
	list(text, &mem);
	address_extension(text, "+-", &mem, &user, &ext);
	must_hold(ext == NULL ? strcmp(user, text) == 0 : strlen(user) + strlen(ext) + 1 == strlen(text));
	must_hold(arena_ok(&mem));
	arena_free(&mem);
	free(text);
	return 0;
}
