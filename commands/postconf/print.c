/* SPDX-License-Identifier: Apache-2.0 */
#include "commands/postconf/print.h"

void
print_begin(const struct request *r)
{
	if (r->json != NULL)
		json_array(r->json, NULL);
}

void
print_end(const struct request *r)
{
	if (r->json != NULL)
		json_end(r->json);
}

static void
print_json(const struct request *r, const char *name, const char *value)
{
	json_object(r->json, NULL);
	if (!r->no_names)
		json_text(r->json, "name", name);
	if (!r->no_values)
		json_text(r->json, "value", value);
	json_end(r->json);
}

struct layout
print_text(const struct request *r, const char *name)
{
	struct layout l = { .out = stdout, .fold = r->fold };

	if (!r->no_names)
		layout_text(&l, name);
	if (!r->no_names && !r->no_values)
		layout_word(&l, "=", 1);
	return l;
}

void
print_setting(const struct request *r, const char *name, const char *value)
{
	struct layout l;

	if (r->json != NULL) {
		print_json(r, name, value);
		return;
	}
	l = print_text(r, name);
	if (!r->no_values)
		layout_text(&l, value);
	layout_end(&l);
}
