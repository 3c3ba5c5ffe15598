/* SPDX-License-Identifier: Apache-2.0 */
/* Any text through the expansion of $name: it ends, stays within its limit, and an error has words. */
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/conf/expand.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

enum { LIMIT = 4096 };

/* Short names, so that the fuzzer finds them. */
static bool
value(void *ctx, const char *name, struct buf *out, struct buf *err)
{
	int *depth = ctx;
	bool ok = true;

	if (strcmp(name, "a") == 0) {
		buf_puts(out, "1");
	} else if (strcmp(name, "b") == 0) {
		buf_puts(out, "3.6");
	} else if (strcmp(name, "c") == 0 && *depth < 3) {
		++*depth;
		ok = macro_expand("${a?{$b}:{$c}}", value, ctx, out, err);
		--*depth;
	} else if (strcmp(name, "d") == 0) {
		buf_puts(err, "no d");
		ok = false;
	}
	return ok;
}

static void
count(void *ctx, const char *name)
{
	must_hold(*name != '\0' && strpbrk(name, " ${}()") == NULL);
	++*(size_t *)ctx;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf out = BUF(LIMIT), err = BUF(LIMIT);
	size_t names = 0;
	int depth = 0;
	char *text;
	bool ok;

	if (size > 1 << 14)
		return 0;
	text = mem_alloc(size + 1);
	memcpy(text, data, size);
	text[size] = '\0';
	ok = macro_expand(text, value, &depth, &out, &err);
	must_hold(out.len <= LIMIT);
	must_hold(ok ? err.len == 0 && buf_ok(&out) : err.len > 0 || !buf_ok(&out));
	must_hold(strchr(text, '$') != NULL || !ok || strcmp(text, buf_str(&out)) == 0);
	macro_names(text, count, &names);
	must_hold(names <= size / 2);
	buf_free(&out);
	buf_free(&err);
	free(text);
	return 0;
}
