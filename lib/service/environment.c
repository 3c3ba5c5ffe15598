/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/service/environment.h"

#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/text.h"

#include <stdlib.h>
#include <string.h>

/* What item says, as "NAME=value"; NULL: such a name is not set. */
static char *
kept(const char *item)
{
	const char *value;

	if (strchr(item, '=') != NULL)
		return mem_str(item);
	if ((value = getenv(item)) == NULL)
		return NULL;
	return mem_fmt("%s=%s", item, value);
}

void
environment_keep(const char *names)
{
	char *copy = mem_str(names), *cursor = copy, *item, *entry, **all = NULL;
	size_t n = 0;

	while ((item = text_item(&cursor, TEXT_LIST)) != NULL) {
		if ((entry = kept(text_trim(item))) == NULL)
			continue;
		all = mem_grow(all, n + 1, sizeof(*all));
		all[n++] = entry;
	}
	if (clearenv() != 0)
		log_fatal(EX_OSERR, "cannot clear the environment");
	for (size_t i = 0; i < n; i++) {
		char *equals = strchr(all[i], '=');

		*equals = '\0';
		if (*all[i] == '\0' || setenv(all[i], equals + 1, 1) != 0)
			log_warn("import_environment: bad name \"%s\"", all[i]);
		free(all[i]);
	}
	free(all);
	free(copy);
}
