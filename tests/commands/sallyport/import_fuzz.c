/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any main.cf (or, behind an 'm', master.cf) through the import's rewriting: what can be read can be read
 * afterwards, has the same names, and nothing names the old folder by $config_directory where it is kept.
 */
#include "commands/sallyport/import.h"
#include "lib/base/log.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static const struct conf *
defaults(void)
{
	static const struct conf *cf;
	struct conf_args args = { .dir = "/new", .defaults_only = true };
	struct buf err = BUF(4096);

	if (cf == NULL)
		must_hold((cf = conf_load(&args, &err)) != NULL);
	return cf;
}

static void
settings(struct import *im)
{
	struct maincf before = { 0 }, after = { 0 };
	struct buf err = BUF(4096);
	size_t at = 0;

	if (maincf_parse("main.cf", &im->main_old, &im->mem, &before, &err)) {
		import_rewrite(im);
		must_hold(maincf_parse("main.cf", &im->main_new, &im->mem, &after, &err));
		for (size_t i = 0; i < before.n; i++) {
			if (import_left_out(before.lines[i].name))
				continue;
			must_hold(at < after.n && strcmp(before.lines[i].name, after.lines[at].name) == 0);
			at++;
		}
		must_hold(at == after.n);
	}
	maincf_free(&before);
	maincf_free(&after);
	buf_free(&err);
}

static bool
services(const struct buf *text, struct arena *mem, struct buf *names)
{
	struct cftext t = cftext_of("master.cf", text);
	struct buf err = BUF(4096);
	struct mastercf_service s;
	struct cftext_logical l;
	bool ok = true;

	while (ok && cftext_logical(&t, mem, &l, &err)) {
		if (!(ok = mastercf_parse(l.text, mem, &s, &err)))
			break;
		buf_fmt(names, "%s %s %zu:", s.name, s.program, s.noverrides);
		for (size_t i = 0; i < s.noverrides; i++)
			buf_fmt(names, " %.*s", (int)strcspn(s.overrides[i], "="), s.overrides[i]);
		buf_putc(names, '\n');
	}
	ok = ok && err.len == 0;
	buf_free(&err);
	return ok;
}

static void
master(struct import *im)
{
	struct buf before = BUF(1 << 20), after = BUF(1 << 20);

	if (services(&im->master_old, &im->mem, &before)) {
		import_rewrite(im);
		must_hold(services(&im->master_new, &im->mem, &after));
		must_hold(strcmp(buf_str(&before), buf_str(&after)) == 0);
	}
	buf_free(&before);
	buf_free(&after);
}

static void
no_file(void *ctx, const struct file_name *name)
{
	must_hold(ctx == NULL && name->path[0] != '\0');
}

static void
no_type(void *ctx, const char *type)
{
	must_hold(ctx == NULL && type[0] != '\0');
}

/* Whatever a value is, and a list in a file that names files. */
static void
values(const struct buf *text)
{
	char *files = mem_str(buf_str(text)), *types = mem_str(files);

	text_files(files, no_file, NULL);
	text_types(types, no_type, NULL);
	free(files);
	free(types);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct import im = {
		.from = "/old", .as = "/old", .to = "/new", .mem = ARENA(64 << 20), .by_path = HASH(false)
	};

	if (size < 1 || size > 1 << 13 || memchr(data, '\0', size) != NULL)
		return 0;
	im.cf = im.ours = defaults();
	im.main_old = im.master_old = (struct buf)BUF(CFTEXT_FILE);
	if (*data == 'm') {
		buf_add(&im.master_old, data + 1, size - 1);
		master(&im);
	} else {
		buf_add(&im.main_old, data, size);
		settings(&im);
		values(&im.main_old);
	}
	buf_free(&im.main_old);
	buf_free(&im.main_new);
	buf_free(&im.master_old);
	buf_free(&im.master_new);
	hash_free(&im.by_path, NULL);
	arena_free(&im.mem);
	return 0;
}
