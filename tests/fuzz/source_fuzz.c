/* SPDX-License-Identifier: Apache-2.0 */
/* Sources of tables, in each format: entries are whole, and come to an end. */
#include "lib/base/log.h"
#include "lib/table/source.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static bool
no_log(enum log_level level, const char *line)
{
	(void)level, (void)line;
	return true;
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	char *text, *key, *value;

	if (n == 0)
		return 0;
	log_open("", "fuzz", no_log);
	text = malloc(n);
	memcpy(text, bytes + 1, n - 1);
	text[n - 1] = '\0';
	struct source s = SOURCE("fuzz", (enum source_format)(bytes[0] % 3), bytes[0] & 4);

	s.utf8 = bytes[0] & 8;
	if (source_take(&s, text))
		for (size_t entries = 0; source_next(&s, &key, &value); entries++)
			if (*key == '\0' || *value == '\0' || strchr(value, '\n') != NULL || entries > n)
				abort();
	source_free(&s);
	free(text);
	return 0;
}
