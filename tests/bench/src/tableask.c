/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tableask - a client of the proxymap service, as a daemon is one: asks for the keys on standard input, one after another.
 *
 *	tableask /queue/private/proxymap proxy:hash:/file <keys
 *
 * Prints what is found as postmap -q - does, which asks the table itself.
 */
#include "lib/base/log.h"
#include "lib/table/table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ANSWER_MAX = 1 << 20 };

static void
ask(struct table *t, const char *key)
{
	struct arena mem = ARENA(ANSWER_MAX);
	struct verdict why = VERDICT(&mem);
	const char *value;

	switch (table_get(t, key, &mem, &value, &why)) {
	case TABLE_FOUND:
		printf("%s\t%s\n", key, value);
		break;
	case TABLE_ABSENT:
		break;
	case TABLE_ERROR:
		log_fatal(EXIT_FAILURE, "%s: %s", key, why.text);
	}
	arena_free(&mem);
}

int
main(int argc, char **argv)
{
	const struct table_env env = { .proxymap = argc > 1 ? argv[1] : NULL };
	struct buf err = BUF(4096);
	struct table *t;
	char *line = NULL;
	size_t room = 0;

	log_open("bench", "tableask", log_to_stderr);
	if (argc != 3)
		log_fatal(EXIT_FAILURE, "usage: tableask socket proxy:type:name <keys");
	if ((t = table_open(argv[2], TABLE_FOLD, &env, &err)) == NULL)
		log_fatal(EXIT_FAILURE, "%s", buf_str(&err));
	while (getline(&line, &room, stdin) > 0) {
		line[strcspn(line, "\n")] = '\0';
		ask(t, line);
	}
	free(line);
	table_free(&t);
	return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
