/* SPDX-License-Identifier: Apache-2.0 */
#include "commands/sallyport/check_inside.h"

#include "lib/base/mem.h"
#include "lib/table/table.h"

#include <stdlib.h>

static const struct subject {
	void (*look)(struct checking *);
	bool for_reload;
} subjects[] = {
	{ check_files, false },
	{ check_services, true },
	{ check_transports, true },
	{ check_settings, true },
	{ check_values, true },
	{ check_readers, true },
	{ check_conflicts, true },
	{ check_tables, true },
	{ check_restrictions, true },
	{ check_relay, true },
	{ check_tls, true },
	{ check_names, true },
};

static void
read_master(struct checking *c)
{
	struct buf err = BUF(8192);

	if ((c->master = mastercf_load(c->p->dir, &err)) == NULL)
		finding_told(c->found, FINDING_configuration, (struct spot){ NULL, 0 }, buf_str(&err));
	buf_free(&err);
}

void
check_all(const struct place *p, enum check_purpose purpose, struct findings *found)
{
	struct checking c = { .p = p, .purpose = purpose, .found = found };

	c.main_cf = mem_fmt("%s/main.cf", p->dir);
	read_master(&c);
	scopes_open(&c);
	c.trial = table_trial_new();
	for (size_t i = 0; i < NITEMS(subjects); i++)
		if (subjects[i].for_reload || purpose != CHECK_RELOAD)
			subjects[i].look(&c);
	table_trial_free(&c.trial);
	hash_free(&c.good_tables, NULL);
	hash_free(&c.told_tables, NULL);
	hash_free(&c.references, NULL);
	scopes_free(&c);
	mastercf_free(&c.master);
	free(c.main_cf);
	findings_sort(found);
}
