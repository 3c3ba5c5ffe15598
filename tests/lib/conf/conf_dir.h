/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conf_dir - a configuration directory for the length of a test.
 *
 *	struct conf_dir d = conf_dir_make("myhostname = a.example\n", NULL);
 *	... d.path ...
 *	conf_dir_remove(&d);
 */
#ifndef TESTS_LIB_CONF_CONF_DIR_H
#define TESTS_LIB_CONF_CONF_DIR_H

#include "lib/base/buf.h"
#include "lib/io/file.h"
#include "tests/support/test.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct conf_dir {
	char path[128];
};

static inline void
conf_dir_write(const struct conf_dir *d, const char *name, const void *bytes, size_t n)
{
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", d->path, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	assert_true(fd >= 0);
	assert_true(file_write_all(fd, bytes, n));
	close(fd);
}

/* NULL: no such file. */
static inline struct conf_dir
conf_dir_make(const char *main_cf, const char *master_cf)
{
	const char *tmp = getenv("TMPDIR");
	struct conf_dir d;

	snprintf(d.path, sizeof(d.path), "%s/sallyport-conf-XXXXXX", tmp != NULL ? tmp : "/tmp");
	assert_non_null(mkdtemp(d.path));
	if (main_cf != NULL)
		conf_dir_write(&d, "main.cf", main_cf, strlen(main_cf));
	if (master_cf != NULL)
		conf_dir_write(&d, "master.cf", master_cf, strlen(master_cf));
	return d;
}

/* The file's text, to be freed. */
static inline char *
conf_dir_read(const struct conf_dir *d, const char *name)
{
	struct buf b = BUF(1 << 20);
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", d->path, name);
	assert_true(file_read(AT_FDCWD, path, &b));
	return buf_take(&b);
}

static inline void
conf_dir_remove(const struct conf_dir *d)
{
	static const char *const names[] = { "main.cf", "master.cf", "mailname" };
	char path[256];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", d->path, names[i]);
		if (unlink(path) < 0)
			rmdir(path);
	}
	assert_int_equal(rmdir(d->path), 0); /* nothing else was left behind */
}

#endif
