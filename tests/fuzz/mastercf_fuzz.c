/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as master.cf: a line that is taken says the same when its columns and words are written and read again,
 * and its -o are settings or errors with words.  (myorigin may name a file, and any file is too much for a fuzzer.)
 */
#include "lib/base/log.h"
#include "lib/conf/cftext.h"
#include "lib/conf/conf.h"
#include "lib/conf/mastercf.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static bool
same(const char *const *a, const char *const *b)
{
	for (; *a != NULL && *b != NULL; a++, b++)
		if (strcmp(*a, *b) != 0)
			return false;
	return *a == *b;
}

static void
round_trip(const struct mastercf_service *s, struct arena *mem)
{
	struct buf line = BUF(1 << 16), err = BUF(4096);
	struct mastercf_service again;

	for (size_t i = 0; i < sizeof(s->columns) / sizeof(s->columns[0]); i++)
		buf_fmt(&line, "%s ", s->columns[i]);
	for (size_t i = 0; s->words[i] != NULL; i++)
		buf_fmt(&line, "%s ", s->words[i]);
	must_hold(mastercf_parse_as_written(arena_str(mem, buf_str(&line)), mem, &again, &err));
	must_hold((s->wrong == NULL) == (again.wrong == NULL));
	must_hold(mastercf_parse(arena_str(mem, buf_str(&line)), mem, &again, &err) == (s->wrong == NULL));
	if (s->wrong != NULL)
		mastercf_parse_as_written(arena_str(mem, buf_str(&line)), mem, &again, &err);
	must_hold(strcmp(s->name, again.name) == 0 && s->type == again.type && s->private_ == again.private_);
	must_hold(s->chroot == again.chroot && s->wakeup == again.wakeup && s->maxproc == again.maxproc);
	must_hold(same(s->argv, again.argv) && same(s->overrides, again.overrides) && same(s->words, again.words));
	buf_free(&line);
	buf_free(&err);
}

static void
checked(const struct mastercf_service *s, struct arena *mem)
{
	must_hold(s->maxproc >= -1 && s->wakeup >= 0);
	must_hold(s->type != SERVICE_INET || !s->private_);
	must_hold(s->wrong != NULL || strchr(s->program, '/') == NULL);
	for (size_t i = 0; i < s->noverrides; i++)
		must_hold(strchr(s->overrides[i], '=') > s->overrides[i]);
	must_hold(s->overrides[s->noverrides] == NULL);
	round_trip(s, mem);
}

/* What the service's process makes of its -o: each counts, or is said to be wrong. */
static void
evaluated(const struct mastercf_service *s)
{
	struct conf_args args = {
		.dir = "/", .overrides = s->overrides, .noverrides = s->noverrides, .defaults_only = true
	};
	struct buf err = BUF(1 << 16);
	const struct conf *cf;

	if (s->noverrides == 0)
		return;
	if ((cf = conf_load(&args, &err)) == NULL)
		must_hold(err.len > 0);
	for (size_t i = 0; cf != NULL && i < s->noverrides; i++) {
		char *name = strndup(s->overrides[i], strcspn(s->overrides[i], "="));
		const char *file = NULL;

		must_hold(conf_source(cf, name, &file, NULL) != NULL && strcmp(file, "-o") == 0);
		must_hold(conf_get(cf, name) != NULL);
		free(name);
	}
	conf_free(&cf);
	buf_free(&err);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena mem = ARENA(16 << 20);
	struct buf bytes = BUF(1 << 16), err = BUF(4096);
	struct mastercf_service s;
	struct cftext_logical l;
	struct cftext t;

	if (size > 1 << 13 || memchr(data, '\0', size) != NULL || memmem(data, size, "myorigin", 8) != NULL)
		return 0;
	buf_add(&bytes, data, size);
	t = cftext_of("master.cf", &bytes);
	while (cftext_logical(&t, &mem, &l, &err)) {
		if (mastercf_parse_as_written(l.text, &mem, &s, &err)) {
			checked(&s, &mem);
			evaluated(&s);
		} else
			must_hold(err.len > 0);
		buf_clear(&err);
	}
	buf_free(&bytes);
	buf_free(&err);
	arena_free(&mem);
	return 0;
}
