/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as main.cf: settings come out clean, their values refer to each other without end or crash, and have types. */
#include "lib/base/log.h"
#include "lib/conf/dict.h"
#include "lib/conf/maincf.h"

#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
clean(const struct maincf *m, int lines)
{
	for (size_t i = 0; i < m->n; i++) {
		const char *value = m->lines[i].value;
		size_t n = strlen(value);

		must_hold(m->lines[i].name[0] != '\0' && strpbrk(m->lines[i].name, " \t\r\n=$") == NULL);
		must_hold(strchr(value, '\n') == NULL);
		must_hold(n == 0 || (!isspace((unsigned char)value[0]) && !isspace((unsigned char)value[n - 1])));
		must_hold(m->lines[i].line >= 1 && m->lines[i].line <= lines);
		must_hold(i == 0 || m->lines[i].line > m->lines[i - 1].line);
	}
}

/* What is taken says the same when it is written and read again; what is not taken has a reason. */
static void
typed(const struct dict_entry *e, struct arena *mem)
{
	struct field f = param_field(e->row);
	struct buf text = BUF(1 << 16);
	const char *why = NULL;
	long first = 0, second = 0;

	f.at = 0;
	if (f.type == F_STR || f.type == F_RAW)
		return;
	if (!field_parse(&f, e->value, mem, &first, &why)) {
		must_hold(!arena_ok(mem) || (why != NULL && *why != '\0'));
		return;
	}
	field_print(&text, &f, &first);
	must_hold(field_parse(&f, buf_str(&text), mem, &second, &why) && first == second);
	buf_free(&text);
}

static void
expand_all(const struct maincf *m, bool defaults, struct arena *mem)
{
	struct conf_dict d = { .entries = HASH(false), .mem = mem, .open = true };
	struct buf err = BUF(1 << 16);

	for (size_t i = 0; i < m->n; i++)
		dict_set(&d, m->lines[i].name, m->lines[i].value, "main.cf", m->lines[i].line);
	/* Those whose defaults are made of what is set, too. */
	if (defaults)
		dict_defaults(&d);
	HASH_EACH (h, &d.entries) {
		struct dict_entry *e = h->value;

		buf_clear(&err);
		if (e->row != NULL && e->row->type == F_RAW)
			must_hold(dict_raw(&d, e, &err) != NULL);
		else if (strcmp(e->name, "myorigin") == 0)
			continue; /* it may name a file, and any file is too much for a fuzzer */
		else if (!dict_expand(&d, e, &err))
			must_hold(err.len > 0);
		else {
			must_hold(e->value != NULL && err.len == 0);
			if (e->row != NULL)
				typed(e, mem);
		}
	}
	dict_free(&d);
	buf_free(&err);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena mem = ARENA(16 << 20);
	struct buf bytes = BUF(1 << 16), err = BUF(4096);
	struct maincf m = { 0 };
	int lines = 1;

	if (size > 1 << 14 || memchr(data, '\0', size) != NULL || memmem(data, size, "myorigin", 8) != NULL)
		return 0;
	buf_add(&bytes, data, size);
	for (size_t i = 0; i < size; i++)
		lines += data[i] == '\n';
	if (maincf_parse("main.cf", &bytes, &mem, &m, &err)) {
		must_hold(err.len == 0);
		clean(&m, lines);
		expand_all(&m, size > 0 && data[0] == '#', &mem);
	} else {
		must_hold(err.len > 0);
	}
	maincf_free(&m);
	buf_free(&bytes);
	buf_free(&err);
	arena_free(&mem);
	return 0;
}
