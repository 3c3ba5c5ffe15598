/* SPDX-License-Identifier: Apache-2.0 */
#include "services/proxymap/named.h"

#include "lib/base/log.h"
#include "lib/base/text.h"
#include "lib/conf/mastercf.h"
#include "lib/table/table.h"

#include <stdlib.h>
#include <string.h>

enum { VALUE_MAX = 1 << 20 };

/* Behind "proxy:" it is for proxy_read_maps to say, and "unix:" in socketmap:unix:path:name is no table. */
static bool
begins_word(const char *value, const char *at)
{
	static const char debug[] = "debug:";
	size_t before = (size_t)(at - value), n = strlen(debug);

	return before == 0 || strchr(TEXT_LIST "{!=", at[-1]) != NULL ||
	    (before >= n && strncmp(at - n, debug, n) == 0);
}

static void
named_of_type(const char *type, const char *value, struct hash *specs)
{
	size_t n = strlen(type);

	for (const char *at = value; (at = strstr(at, type)) != NULL; at += n)
		if (at[n] == ':' && begins_word(value, at)) {
			char *spec = mem_fmt("%.*s", (int)strcspn(at, TEXT_LIST "{}"), at);

			hash_put(specs, spec, specs); /* any value but NULL will do */
			free(spec);
		}
}

void
named_in_value(const char *value, struct hash *specs)
{
	for (const struct table_type *const *t = table_types; *t != NULL; t++)
		if ((*t)->proxied)
			named_of_type((*t)->name, value, specs);
}

static void
named_by_service(const struct conf *cf, const struct mastercf_service *s, struct hash *specs)
{
	for (size_t i = 0; i < s->noverrides; i++) {
		struct buf value = BUF(VALUE_MAX), err = BUF(1000);
		const char *text = strchr(s->overrides[i], '=') + 1;

		/* What cannot be expanded is told by the service, which does not start. */
		named_in_value(conf_expand(cf, text, NULL, NULL, &value, &err) ? buf_str(&value) : text, specs);
		buf_free(&value);
		buf_free(&err);
	}
}

void
named_tables(const struct conf *cf, struct hash *specs)
{
	size_t n;
	const struct conf_line *lines = conf_lines(cf, &n);
	struct buf err = BUF(4096);
	struct mastercf *m = mastercf_load(cf->config_directory, &err);

	for (size_t i = 0; i < n; i++) {
		const char *value = conf_get(cf, lines[i].name);

		named_in_value(value != NULL ? value : lines[i].value, specs);
	}
	for (size_t i = 0; m != NULL && i < m->n; i++)
		named_by_service(cf, &m->services[i], specs);
	if (m == NULL)
		log_warn("tables that -o options of master.cf name are not served: %s", buf_str(&err));
	mastercf_free(&m);
	buf_free(&err);
}
