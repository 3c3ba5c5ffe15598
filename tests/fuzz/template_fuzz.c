/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a file of texts for notifications: headers stay one line, what is taken says the same when it is
 * written and read again, its names are replaced or an error has words.
 */
#include "lib/base/log.h"
#include "lib/mail/template.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static const struct conf *
configuration(void)
{
	static const char *const overrides[] = { "a=1", "b=$a ${a?{$c}:{x}}", "c=$$" };
	static const struct conf *cf;
	const struct conf_args args = {
		.dir = "/", .overrides = overrides, .noverrides = 3, .defaults_only = true, .lenient = true
	};
	struct buf err = BUF(1024);

	if (cf == NULL)
		must_hold((cf = conf_load(&args, &err)) != NULL);
	buf_free(&err);
	return cf;
}

static void
clean(const struct template *t)
{
	for (size_t i = 0; i < TEMPLATE_HEADERS; i++)
		for (const char *s = t->headers[i] != NULL ? t->headers[i] : ""; *s != '\0'; s++)
			must_hold((*s >= ' ' && *s <= '~') || *s == '\t');
	must_hold(t->text[0] != '\0' && t->text[strlen(t->text) - 1] == '\n' && t->line >= 0);
}

/* False: a line of it would end it. */
static bool
write(const struct template *t, struct buf *out)
{
	if (strstr(t->text, "\nEND\n") != NULL || strncmp(t->text, "END\n", 4) == 0)
		return false;
	buf_fmt(out, "%s_template = <<END\n", t->name);
	for (size_t i = 0; i < TEMPLATE_HEADERS; i++)
		if (t->headers[i] != NULL)
			buf_fmt(out, "%s: %s\n", template_header_names[i], t->headers[i]);
	buf_fmt(out, "\n%sEND\n", t->text);
	return true;
}

static void
round_trip(const struct template *t, enum template_kind kind, struct arena *mem)
{
	struct buf text = BUF(1 << 17), warnings = BUF(4096), err = BUF(4096);
	struct templates again;

	templates_builtin(mem, &again);
	if (write(t, &text)) {
		must_hold(templates_parse("again", &text, mem, &again, &warnings, &err) && warnings.len == 0);
		must_hold(strcmp(again.of[kind].text, t->text) == 0);
		for (size_t i = 0; i < TEMPLATE_HEADERS; i++)
			must_hold(t->headers[i] == NULL || strcmp(again.of[kind].headers[i], t->headers[i]) == 0);
	}
	buf_free(&text);
	buf_free(&warnings);
	buf_free(&err);
}

static void
expand(const struct template *t)
{
	struct buf out = BUF(1 << 14), warnings = BUF(1 << 14), err = BUF(4096);
	bool ok = template_expand(t, &(struct template_values){ .cf = configuration() }, &out, &warnings, &err);

	must_hold(ok ? err.len == 0 && buf_ok(&out) : err.len > 0);
	buf_free(&out);
	buf_free(&warnings);
	buf_free(&err);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf bytes = BUF(1 << 14), warnings = BUF(1 << 16), err = BUF(4096);
	struct arena mem = ARENA(TEMPLATE_MEMORY);
	struct templates all;

	if (size > 1 << 13 || memchr(data, '\0', size) != NULL || memmem(data, size, "myorigin", 8) != NULL)
		return 0;
	buf_add(&bytes, data, size);
	templates_builtin(&mem, &all);
	must_hold(templates_parse("fuzz", &bytes, &mem, &all, &warnings, &err) == (err.len == 0));
	for (size_t i = 0; i < TEMPLATES; i++) {
		clean(&all.of[i]);
		round_trip(&all.of[i], (enum template_kind)i, &mem);
		expand(&all.of[i]);
	}
	buf_free(&bytes);
	buf_free(&warnings);
	buf_free(&err);
	arena_free(&mem);
	return 0;
}
