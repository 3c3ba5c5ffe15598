/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a header section, and as what a filter puts into it. */
#include "lib/base/log.h"
#include "lib/mail/header.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

enum { MOST = 1 << 17 };

static void
written(const struct header *h, struct buf *out)
{
	header_write(h, out);
	must_hold(buf_ok(out) && out->len == header_size(h));
}

/* Without empty lines, what was written is what was read. */
static void
same_again(const struct header *h)
{
	struct header again = HEADER(MOST);
	struct buf one = BUF(MOST), two = BUF(MOST);
	struct arena mem = ARENA(MOST);

	written(h, &one);
	must_hold(header_parse(&again, buf_str(&one), one.len));
	written(&again, &two);
	must_hold(one.len == two.len && memcmp(buf_str(&one), buf_str(&two), one.len) == 0);
	for (size_t i = 0; i < again.n; i++) {
		const struct header_field *f = &again.fields[i];

		must_hold(f->len > 0 && (i == 0 || !header_is_folded(f->text, f->len)));
		must_hold(header_is_field(f->text, f->len) == (f->name_len > 0));
		header_body(f, &mem);
	}
	arena_free(&mem);
	buf_free(&one);
	buf_free(&two);
	header_free(&again);
}

/* name and value: no more than one field, and nothing else changes. */
static void
filtered(struct header *h, const char *name, const char *value)
{
	size_t before = h->n, count = header_count(h, name);
	struct header one = HEADER(MOST), again = HEADER(MOST);
	struct buf out = BUF(MOST);

	if (header_append(h, name, value)) {
		must_hold(h->n == before + 1 && header_count(h, name) == count + 1);
		must_hold(header_change(h, name, count + 1, value));
		must_hold(header_append(&one, name, value));
		written(&one, &out);
		must_hold(header_parse(&again, buf_str(&out), out.len) && again.n == 1);
		must_hold(header_find(&again, name, 1) == &again.fields[0]);
		header_delete(h, header_find(h, name, count + 1));
	}
	must_hold(h->n == before);
	buf_free(&out);
	header_free(&one);
	header_free(&again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct header h = HEADER(MOST);
	size_t name_len, value_len;
	char *name, *value;

	if (size < 2 || size > 1 << 15)
		return 0;
	name_len = data[0] % 16 < size - 2 ? data[0] % 16 : size - 2;
	value_len = data[1] < size - 2 - name_len ? data[1] : size - 2 - name_len;
	name = strndup((const char *)data + 2, name_len);
	value = strndup((const char *)data + 2 + name_len, value_len);
	data += 2 + name_len + value_len;
	size -= 2 + name_len + value_len;
	must_hold(header_parse(&h, (const char *)data, size));
	must_hold(header_size(&h) <= size + 2);
	filtered(&h, name, value);
	same_again(&h);
	free(name);
	free(value);
	header_free(&h);
	return 0;
}
