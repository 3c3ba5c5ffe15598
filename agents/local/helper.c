/* SPDX-License-Identifier: Apache-2.0 */
#include "agents/local/helper.h"

#include "lib/base/log.h"

#include <errno.h>
#include <grp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { REQUEST_MAX = 4 << 20 };

struct action {
	const char *name;
	enum fate (*run)(struct deed *, struct verdict *why);
	bool message; /* a descriptor comes with it */
	bool command; /* it executes somebody else's program */
};

struct helper {
	const struct conf *cf;
	const struct passwd *user;
	bool command; /* one request, which is a command */
	bool became;
	struct ipc *ipc;
	struct arena mem;
};

static const struct action *
action_find(const char *name)
{
	static const struct action actions[] = {
		{ "read", user_read, false, false },
		{ "maildir", user_maildir, true, false },
		{ "command", user_command, true, true },
	};

	for (size_t i = 0; i < NITEMS(actions); i++)
		if (strcmp(actions[i].name, name) == 0)
			return &actions[i];
	return NULL;
}

/* A home that is not there is no reason not to deliver: some mailboxes are elsewhere. */
static bool
go_home(const struct passwd *pw)
{
	return chdir(pw->pw_dir) == 0 || chdir("/") == 0;
}

/* Identity for good: there is no way back, which is tried. */
static bool
become(const struct identity *who)
{
	const struct passwd *pw = who->user;

	if (geteuid() != 0 && geteuid() != pw->pw_uid)
		return false;
	if (geteuid() == 0 &&
	    (setgroups(who->ngroups, who->groups) != 0 || setresgid(pw->pw_gid, pw->pw_gid, pw->pw_gid) != 0 ||
		setresuid(pw->pw_uid, pw->pw_uid, pw->pw_uid) != 0 || setuid(0) == 0 || setgid(0) == 0))
		return false;
	umask(077);
	return true;
}

static const char *const *
command_environment(const struct conf *cf, struct arena *mem)
{
	const char *dir = getenv("MAIL_CONFIG"), *tz = getenv("TZ");
	const char **env = arena_alloc(mem, 4 * sizeof(*env));

	env[0] = arena_fmt(mem, "MAIL_CONFIG=%s", dir != NULL ? dir : cf->config_directory);
	if (tz != NULL)
		env[1] = arena_fmt(mem, "TZ=%s", tz);
	return env;
}

/* The answer: the verdict, beside what the deed has put into r. */
static void
answer(struct helper *h, const struct verdict *why, struct stub_result *r)
{
	r->code = why->code;
	r->dsn = why->dsn;
	r->text = why->text;
	ipc_timeout(h->ipc, HELPER_IDLE_SECONDS);
	stub_result_send(h->ipc, r);
	ipc_flush(h->ipc);
}

static void
serve_one(struct helper *h, const struct stub_act *act, int file)
{
	const struct action *action = action_find(act->action);
	struct stub_result r = { .code = 0 };
	struct verdict why = VERDICT(&h->mem);
	struct deed d = { act, h->user, h->cf->myhostname, NULL, file, &h->mem, &r };

	if (action == NULL || action->command != h->command || (action->message && file < 0) ||
	    strcmp(act->user, h->user->pw_name) != 0) {
		never(&why, "5.3.0", "bad request to a delivery process");
	} else if (!h->became || !go_home(h->user)) {
		later(&why, "4.3.0", "cannot become user %s", h->user->pw_name);
	} else {
		if (action->command)
			d.environment = command_environment(h->cf, &h->mem);
		action->run(&d, &why);
	}
	answer(h, &why, &r);
}

_Noreturn void
helper_run(const struct conf *cf, const struct identity *who, bool command, int socket)
{
	struct helper h = { .cf = cf, .user = who->user, .command = command, .mem = ARENA(REQUEST_MAX) };
	struct stub_act act;

	/* Not the stub's connection, and no other user's. */
	if (dup2(socket, 3) < 0 || close_range(4, ~0u, 0) < 0)
		_exit(EX_OSERR);
	if (!(h.became = become(who)))
		log_error("cannot become user %s: %s", who->user->pw_name, strerror(errno));
	prctl(PR_SET_DUMPABLE, 0);
	h.ipc = ipc_serve(conn_new(3), &stub_protocol);
	do {
		int file;

		ipc_timeout(h.ipc, HELPER_IDLE_SECONDS);
		if (!stub_act_read(h.ipc, &h.mem, &act))
			break;
		file = conn_take_fd(ipc_conn(h.ipc));
		serve_one(&h, &act, file);
		if (file >= 0)
			close(file);
		arena_reset(&h.mem);
		/* It does not stay at home: homes are mounted and unmounted, each time anew. */
	} while (!command && chdir("/") == 0);
	_exit(0);
}
