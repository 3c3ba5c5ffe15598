/* SPDX-License-Identifier: Apache-2.0 */
/* postconf - shows and changes main.cf and master.cf. */
#include "commands/postconf/options.h"
#include "commands/postconf/postconf.h"

#include "lib/base/config.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/service/defaults.h"

#include <stdlib.h>

enum { REQUEST_MEMORY = 64 << 20 };

static const struct {
	char mode;
	int (*show)(const struct request *), (*edit)(const struct request *);
} modes[] = {
	{ 'p', show_main, edit_main },
	{ 'M', show_services, edit_services },
	{ 'F', show_fields, edit_parts },
	{ 'P', show_overrides, edit_parts },
	{ 'a', list_server_sasl, NULL },
	{ 'A', list_client_sasl, NULL },
	{ 'b', show_templates, NULL },
	{ 'l', list_locks, NULL },
	{ 'm', list_tables, NULL },
	{ 't', show_templates, NULL },
	{ 'T', show_tls, NULL },
};

static int
do_it(const struct request *r)
{
	size_t i = 0;

	while (modes[i].mode != r->mode)
		i++;
	return r->what == SHOW ? modes[i].show(r) : modes[i].edit(r);
}

int
main(int argc, char **argv)
{
	const char *dir = getenv("MAIL_CONFIG");
	struct arena mem = ARENA(REQUEST_MEMORY);
	struct json json = JSON(stdout);
	struct request r = {
		.mem = &mem, .dir = dir != NULL ? dir : DEF_CONFIG_DIR, .dir_given = dir != NULL, .json = &json
	};
	int status;

	log_open("postfix", "postconf", log_to_stderr);
	defaults_register();
	r.overrides = mem_zero((size_t)argc, sizeof(*r.overrides));
	options_read(&r, argc, argv);
	status = do_it(&r);
	free(r.overrides);
	arena_free(&mem);
	if (fflush(stdout) != 0 || ferror(stdout)) {
		log_warn("standard output cannot be written");
		status = 1;
	}
	return status;
}
