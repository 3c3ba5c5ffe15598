/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sendmail, mailq and newaliases: what programs have called for forty years, in front of postdrop and postqueue.
 *
 * It has no rights of its own.  It reads only the few parameters that it needs.
 */
#include "commands/sendmail/others.h"
#include "commands/sendmail/submit.h"

#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/conf/confdir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int (*const modes[])(const struct sendmail *) = {
	[MODE_SUBMIT] = submit,
	[MODE_SMTP] = others_smtp,
	[MODE_LIST] = others_list,
	[MODE_ALIASES] = others_aliases,
	[MODE_FLUSH] = others_flush,
	[MODE_DAEMON] = others_daemon,
	[MODE_VERIFY] = others_verify,
	[MODE_HELP] = others_help,
};

/* -C names the folder, or main.cf in it.  Programs that we start learn of it, too. */
static void
choose_config(struct sendmail *sm)
{
	struct buf err = BUF(4096);
	char *dir = sm->o.config != NULL ? mem_str(sm->o.config) : NULL, *slash;

	if (dir != NULL && (slash = strrchr(dir, '/')) != NULL && strcmp(slash, "/main.cf") == 0)
		slash[slash == dir] = '\0';
	if (dir != NULL && setenv("MAIL_CONFIG", dir, 1) < 0)
		sendmail_fail(sm, EX_OSERR, "setenv: %s", strerror(errno));
	if ((sm->dir = confdir_choose(dir, &err)) == NULL)
		sendmail_fail(sm, EX_NOPERM, "%s", buf_str(&err));
}

static void
fill_descriptors(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", fd == STDIN_FILENO ? O_RDONLY : O_WRONLY) != fd)
			_exit(EX_OSERR);
}

int
main(int argc, char **argv)
{
	struct sendmail sm = { .dir = NULL };
	struct buf err = BUF(4096);
	struct conf_args a = { .lenient = true, .few = true };

	fill_descriptors();
	log_open("postfix", "sendmail", log_to_stderr);
	if (!options_parse(&sm.o, argc, argv, &err))
		sendmail_fail(&sm, EX_USAGE, "%s", buf_str(&err));
	if (sm.o.mode == MODE_HELP)
		return others_help(&sm);
	choose_config(&sm);
	a.dir = sm.dir;
	if ((sm.cf = conf_load(&a, &err)) == NULL)
		sendmail_fail(&sm, EX_CONFIG, "%s", buf_str(&err));
	return modes[sm.o.mode](&sm);
}
