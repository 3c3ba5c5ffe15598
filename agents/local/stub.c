/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The root stub: takes (user, action, argument, descriptor), has it done by a
 * child that has become the user for good, and passes the child's answer on.
 * It opens no file and looks at no byte of a message itself.
 */
#include "agents/local/as_user.h"
#include "agents/local/helper.h"
#include "agents/local/local.h"
#include "lib/base/log.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { REQUEST_MAX = 4 << 20 };

static enum fate
may_act(const struct stub_act *act, const struct passwd *pw, const struct action *action, int file, struct verdict *why)
{
	if (action == NULL || (action->message && file < 0))
		return never(why, "5.3.0", "bad request to the root stub");
	if (pw == NULL)
		return errno == 0 || errno == ENOENT || errno == ESRCH
		    ? never(why, "5.1.1", "unknown user: \"%s\"", act->user)
		    : later(why, "4.3.0", "user lookup of %s: %s", act->user, strerror(errno));
	if (pw->pw_uid == 0 && geteuid() == 0)
		return later(why, "4.3.5", "nothing is delivered as root: give %s an alias in alias_maps", act->user);
	if (geteuid() != 0 && geteuid() != pw->pw_uid)
		return later(why, "4.3.5", "privilege separation is off: only user %d gets mail, not %s",
		    (int)geteuid(), act->user);
	return FATE_OK;
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

/* In the child: identity first, then the deed, then the answer in one write. */
static _Noreturn void
child(struct ipc *i, const struct conf *cf, const struct action *action, const struct stub_act *act,
    const struct passwd *pw, int file, struct arena *mem)
{
	const char *const *environment = command_environment(cf, mem);
	struct verdict why = VERDICT(mem);
	struct stub_result r = { .code = 0 };
	struct deed d = { act, pw, cf->myhostname, environment, file, mem, &r };

	if (!become_user(pw))
		later(&why, "4.3.0", "cannot become user %s: %s", act->user, strerror(errno));
	else
		action->run(&d, &why);
	stub_answer(i, &why, &r);
	_exit(ipc_flush(i) ? 0 : EX_TEMPFAIL);
}

/*
 * It may have answered or not, and a second answer would be taken for that of
 * the next request.  So the connection ends: behind the answer, or instead of it.
 */
static _Noreturn void
child_died(struct ipc *i, const struct stub_act *act, int status)
{
	log_error("delivery process for user %s died, status 0x%x", act->user, status);
	ipc_flush(i);
	_exit(EX_SOFTWARE);
}

/* A command gets a child of its own, which is gone when it has become the command. */
static void
execute(struct ipc *i, const struct conf *cf, const struct action *action, const struct stub_act *act,
    const struct passwd *pw, int file, struct arena *mem, struct verdict *why)
{
	int status = 0;
	pid_t pid;

	if ((pid = fork()) == 0)
		child(i, cf, action, act, pw, file, mem);
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (pid < 0)
		later(why, "4.3.0", "fork: %s", strerror(errno));
	else if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		child_died(i, act, status);
}

static void
serve(struct ipc *i, const struct conf *cf, struct helpers *helpers, struct arena *mem)
{
	struct verdict why = VERDICT(mem);
	struct stub_result r = { .code = 0 };
	const struct action *action;
	const struct passwd *pw;
	struct stub_act act;
	int file;

	if (!stub_act_get(i, mem, &act))
		return;
	file = conn_take_fd(ipc_conn(i));
	action = action_find(act.action);
	errno = 0;
	pw = getpwnam(act.user);
	if (may_act(&act, pw, action, file, &why) == FATE_OK) {
		if (action->command)
			execute(i, cf, action, &act, pw, file, mem, &why); /* which has answered, if all is well */
		else if (helper_ask(helpers, cf, pw, &act, file, mem, &r, &why) == FATE_OK)
			stub_result_send(i, &r);
	}
	if (why.fate != FATE_OK)
		stub_answer(i, &why, &r);
	if (file >= 0)
		close(file);
}

_Noreturn void
stub_run(const struct conf *cf, int socket)
{
	struct arena mem = ARENA(REQUEST_MAX);
	struct helpers helpers = { .list = { { .ipc = NULL } } };
	struct ipc *i;

	/* Nothing of the front's but the socket: not master's, not the listeners. */
	if (dup2(socket, 3) < 0 || close_range(4, ~0u, 0) < 0)
		_exit(EX_OSERR);
	log_open(cf->syslog_name, "local", log_to_stderr); /* the log's socket is closed, too */
	prctl(PR_SET_DUMPABLE, 0);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGTERM, SIG_IGN); /* it ends with its front, not before */
	i = ipc_serve(conn_new(3), &stub_protocol);
	while (ipc_next(i) != NULL) {
		serve(i, cf, &helpers, &mem);
		ipc_flush(i);
		arena_reset(&mem);
	}
	_exit(0);
}
