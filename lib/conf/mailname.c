/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/conf/mailname.h"

#include "lib/base/text.h"
#include "lib/io/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

bool
mailname_wanted(const char *parameter, const char *value)
{
	return *value == '/' && strcmp(parameter, "myorigin") == 0;
}

bool
mailname_read(const char *path, struct buf *out, struct buf *err)
{
	struct buf bytes = BUF(4096);
	char *rest, *word = NULL;

	if (!file_read(AT_FDCWD, path, &bytes)) {
		buf_fmt(err, "open %s: %s; write a domain name into it, or here in place of the path", path,
		    strerror(errno));
	} else {
		rest = bytes.s;
		word = rest != NULL ? text_word(&rest, " \t\r\n") : NULL;
		if (word == NULL)
			buf_fmt(err, "%s is empty; write a domain name into it", path);
		else
			buf_puts(out, word);
	}
	buf_free(&bytes);
	return word != NULL;
}
