/* SPDX-License-Identifier: Apache-2.0 */
/* Rules of routing(5): a file is taken or refused with file and line, and then says the same twice. */
#include "lib/base/mem.h"
#include "lib/table/table.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
ask(struct table *t)
{
	static const char *const keys[] = { "sender=<> recipient=joe@example.com client= login=",
		"sender=ann+x@sub.example.org recipient=joe@example.com client=192.0.2.1 login=ann",
		"sender=a@b recipient=\"x%20y\"@[192.0.2.1] client=2001:db8::1 login=none", "nothing",
		"= sender recipient=" };

	for (size_t i = 0; i < NITEMS(keys); i++) {
		struct arena mem = ARENA(1 << 20);
		struct verdict why = VERDICT(&mem);
		const char *one = NULL, *two = NULL, *file;
		enum table_result first = table_get(t, keys[i], &mem, &one, &why);
		int line;

		if (first == TABLE_ERROR || table_get(t, keys[i], &mem, &two, &why) != first ||
		    table_where(t, keys[i], &file, &line) != (first == TABLE_FOUND))
			abort();
		if (first == TABLE_FOUND && (one[0] == '\0' || strcmp(one, two) != 0 || line < 1))
			abort();
		arena_free(&mem);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	static const struct table_env env = { .cf = NULL };
	struct buf err = BUF(4096);
	int fd = memfd_create("rules", MFD_CLOEXEC);
	char *spec = mem_fmt("rules:/proc/self/fd/%d", fd);
	struct table *t;

	if (fd < 0 || write(fd, bytes, n) != (ssize_t)n || lseek(fd, 0, SEEK_SET) != 0)
		abort();
	t = table_open(spec, 0, &env, &err);
	if ((t == NULL) != (err.len > 0))
		abort();
	if (t != NULL)
		ask(t);
	table_free(&t);
	buf_free(&err);
	free(spec);
	close(fd);
	return 0;
}
