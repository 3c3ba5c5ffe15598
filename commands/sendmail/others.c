/* SPDX-License-Identifier: Apache-2.0 */
#include "commands/sendmail/others.h"

#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* In our place; returns only by ending the process. */
static _Noreturn void
become(const struct sendmail *sm, const char *folder, char *const *argv)
{
	char *path = mem_fmt("%s/%s", sendmail_text(sm, folder), argv[0]);

	execv(path, argv);
	sendmail_fail(sm, errno == ENOENT ? EX_UNAVAILABLE : EX_OSERR, "cannot run %s: %s", path, strerror(errno));
}

int
others_list(const struct sendmail *sm)
{
	become(sm, "command_directory", (char *[]){ "postqueue", "-p", NULL });
}

int
others_flush(const struct sendmail *sm)
{
	char *argv[] = { "postqueue", "-f", NULL, NULL };

	if (sm->o.flush_id != NULL) {
		argv[1] = "-i";
		argv[2] = mem_str(sm->o.flush_id);
	} else if (sm->o.flush_site != NULL) {
		argv[1] = "-s";
		argv[2] = mem_str(sm->o.flush_site);
	}
	become(sm, "command_directory", argv);
}

int
others_smtp(const struct sendmail *sm)
{
	become(sm, "daemon_directory", (char *[]){ "smtpd", "-S", NULL });
}

/* The types of tables that are compiled from a text file. */
static bool
has_index(const char *spec)
{
	static const char *const types[] = { "btree:", "cdb:", "dbm:", "hash:", "lmdb:", "sdbm:" };

	for (size_t i = 0; i < NITEMS(types); i++)
		if (strncmp(spec, types[i], strlen(types[i])) == 0)
			return true;
	return false;
}

int
others_aliases(const struct sendmail *sm)
{
	const char *type = sendmail_text(sm, "default_database_type");
	const char *list = sm->o.aliases != NULL ? sm->o.aliases : sendmail_text(sm, "alias_database");
	char *cursor = mem_str(list), *word, *argv[64] = { "postalias" };
	size_t n = 1;

	while ((word = text_word(&cursor, TEXT_LIST)) != NULL) {
		char *spec = strchr(word, ':') != NULL ? word : mem_fmt("%s:%s", type, word);

		if (!has_index(spec))
			printf("%s: nothing to do, tables of this type are read as they are written\n", spec);
		else if (n + 1 < NITEMS(argv))
			argv[n++] = spec;
		else
			sendmail_fail(sm, EX_CONFIG, "alias_database: too many tables");
	}
	if (n == 1 && list[strspn(list, TEXT_LIST)] == '\0')
		puts("alias_database is empty: nothing to do");
	if (fflush(stdout) != 0)
		sendmail_fail(sm, EX_IOERR, "write: %s", strerror(errno));
	if (n == 1)
		return EX_OK;
	become(sm, "command_directory", argv);
}

int
others_daemon(const struct sendmail *sm)
{
	sendmail_fail(sm, EX_USAGE, "-bd, -bl: the mail system is started with \"sallyport start\"");
}

int
others_verify(const struct sendmail *sm)
{
	sendmail_fail(sm, EX_UNAVAILABLE, "-bv: address verification reports are not available in this version");
}

int
others_help(const struct sendmail *sm)
{
	(void)sm;
	fputs(options_usage, stdout);
	return EX_OK;
}
