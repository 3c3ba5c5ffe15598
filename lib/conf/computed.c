/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/conf/computed.h"

#include "lib/base/log.h"

#include <string.h>

enum { COMPUTED_MAX = 32 };

/* Filled before the first conf_load(), read-only after. */
static struct {
	const char *name;
	conf_compute *compute;
} all[COMPUTED_MAX];
static size_t count;

conf_compute *
computed_find(const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(all[i].name, name) == 0)
			return all[i].compute;
	return NULL;
}

void
conf_computed(const char *name, conf_compute *compute)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(all[i].name, name) == 0) {
			all[i].compute = compute;
			return;
		}
	}
	must_hold(count < COMPUTED_MAX);
	all[count].name = name;
	all[count].compute = compute;
	count++;
}
