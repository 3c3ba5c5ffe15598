/* SPDX-License-Identifier: Apache-2.0 */
/* Any file as the source of a cidr:, regexp: or pcre: table (the first byte chooses), and some keys. */
#include "tests/fuzz/table_ask.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const types[] = { "cidr", "regexp", "pcre" };
	static const char *const keys[] = { "192.0.2.1", "2001:db8::1", "aaaaaaaaaaaaaaaaaaab", "joe+x@example.com",
		"\xff" };
	const struct table_env env = { 0 };
	struct buf err = BUF(4096);
	struct table *t;
	char *spec;
	int fd;

	if (size < 1 || size > 2000 || (fd = memfd_create("rules", MFD_CLOEXEC)) < 0)
		return 0;
	log_open("", "fuzz", silent);
	must_hold(write(fd, data + 1, size - 1) == (ssize_t)size - 1);
	spec = mem_fmt("%s:/proc/self/fd/%d", types[data[0] % NITEMS(types)], fd);
	t = table_open(spec, TABLE_FOLD | TABLE_REGEXP_OK, &env, &err);
	must_hold(t != NULL || err.len > 0);
	for (size_t i = 0; t != NULL && i < NITEMS(keys); i++)
		ask(t, keys[i]);
	table_free(&t);
	buf_free(&err);
	close(fd);
	free(spec);
	return 0;
}
