/* SPDX-License-Identifier: Apache-2.0 */
/* Folders, owners and modes, accounts, and where the log goes. */
#include "commands/sallyport/check_inside.h"

#include "commands/sallyport/folders.h"

#include "lib/base/mem.h"
#include "lib/service/logging.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void
folder_fault(void *ctx, enum folders_fate fate, const char *path, const char *what)
{
	static const enum finding_code codes[] = { [FOLDERS_FATAL] = FINDING_folder,
		[FOLDERS_WRONG] = FINDING_command_file,
		[FOLDERS_ABSENT] = FINDING_folder_absent };
	struct checking *c = ctx;

	if (fate == FOLDERS_ABSENT && master_pid(c->p) > 0)
		finding_add(c->found, FINDING_folder, (struct spot){ path, 0 },
		    "\"sallyport set-permissions\" makes it", "is not there, and the mail system runs");
	else
		finding_told(c->found, codes[fate], (struct spot){ path, 0 }, what);
}

/* Whoever can write there decides what root does. */
static void
check_config_file(struct checking *c, const char *name)
{
	char *path = mem_fmt("%s/%s", c->p->dir, name), *remedy = NULL;
	struct spot at = { path, 0 };
	struct stat st;

	if (stat(path, &st) < 0) {
		finding_add(c->found, FINDING_file_rights, at, "make it accessible", "%s", strerror(errno));
	} else if (c->p->accounts.separated && st.st_uid != 0) {
		remedy = mem_fmt("chown root %s", path);
		finding_add(c->found, FINDING_file_rights, at, remedy, "not owned by root");
	} else if (st.st_mode & (S_IWGRP | S_IWOTH)) {
		remedy = mem_fmt("chmod go-w %s", path);
		finding_add(c->found, FINDING_file_rights, at, remedy, "group or other writable");
	}
	free(remedy);
	free(path);
}

static void
check_accounts(struct checking *c)
{
	const struct accounts *a = &c->p->accounts;
	const struct spot at = scope_spot(c, &c->scopes[0], "mail_owner");

	if (!a->separated)
		finding_add(c->found, FINDING_accounts_single, (struct spot){ NULL, 0 },
		    "start it as root to separate them",
		    "privilege separation is off: everything runs as the user who starts it");
	else if (a->queue.uid == a->net.uid || a->queue.uid == a->key.uid || a->net.uid == a->key.uid)
		finding_add(c->found, FINDING_accounts_shared, at, "make three accounts, and name them",
		    "mail_owner, net_owner and key_owner must be three accounts: who breaks into one daemon could "
		    "trace the others of its account");
}

static void
check_log(struct checking *c)
{
	const struct conf *cf = c->p->cf;
	const struct spot at = scope_spot(c, &c->scopes[0], "maillog_file");
	char *folder = mem_str(cf->maillog_file), *slash = strrchr(folder, '/');
	struct buf err = BUF(2048);

	if (!logging_allowed(cf, true, &err)) {
		finding_told(c->found, FINDING_log_file, at, buf_str(&err));
	} else if (slash != NULL && strcmp(folder, "/dev/stdout") != 0) {
		slash[slash == folder] = '\0';
		if (access(folder, W_OK) < 0)
			finding_add(c->found, FINDING_log_folder, at, "make it, or the log is lost",
			    "maillog_file: folder %s: %s", folder, strerror(errno));
	}
	free(folder);
	buf_free(&err);
}

void
check_files(struct checking *c)
{
	check_config_file(c, ".");
	check_config_file(c, "main.cf");
	check_config_file(c, "master.cf");
	check_accounts(c);
	folders_check(c->p->cf, &c->p->accounts, folder_fault, c);
	check_log(c);
}
