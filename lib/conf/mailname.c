/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/conf/mailname.h"

#include "lib/base/text.h"
#include "lib/conf/cftext.h"

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
	char *line, *rest;
	bool ok = cftext_read(path, &bytes, err);

	if (ok) {
		rest = bytes.s;
		line = rest != NULL ? text_word(&rest, " \t\r\n") : NULL;
		if (line != NULL)
			buf_puts(out, line);
		else
			buf_fmt(err, "%s is empty; write a domain name into it", path);
		ok = line != NULL;
	}
	buf_free(&bytes);
	return ok;
}
