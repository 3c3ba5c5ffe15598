/* SPDX-License-Identifier: Apache-2.0 */
/* files - files that a test makes for itself. */
#ifndef TESTS_SUPPORT_FILES_H
#define TESTS_SUPPORT_FILES_H

#include "tests/support/test.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A new file with this text: unlink(), and free() the name. */
static inline char *
file_with(const char *text)
{
	char *name = strdup("/tmp/file_with.XXXXXX");
	int fd = mkstemp(name);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
	return name;
}

#endif
