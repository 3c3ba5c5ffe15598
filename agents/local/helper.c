/* SPDX-License-Identifier: Apache-2.0 */
#include "agents/local/helper.h"

#include "lib/base/log.h"
#include "lib/base/time.h"

#include <errno.h>
#include <grp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { REQUEST_MAX = 4 << 20, ANSWER_SECONDS = 1000 };

const struct action *
action_find(const char *name)
{
	static const struct action actions[] = {
		{ "read", user_read, false, false },
		{ "maildir", user_maildir, true, false },
		{ "command", user_command, true, true },
	};

	for (size_t i = 0; i < sizeof(actions) / sizeof(*actions); i++)
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

bool
become_user(const struct passwd *pw)
{
	if (geteuid() != 0 && geteuid() != pw->pw_uid)
		return false;
	if (geteuid() == 0 &&
	    (initgroups(pw->pw_name, pw->pw_gid) != 0 || setresgid(pw->pw_gid, pw->pw_gid, pw->pw_gid) != 0 ||
		setresuid(pw->pw_uid, pw->pw_uid, pw->pw_uid) != 0 || setuid(0) == 0 || setgid(0) == 0))
		return false;
	umask(077);
	return go_home(pw);
}

void
stub_answer(struct ipc *i, const struct verdict *why, struct stub_result *r)
{
	r->code = why->code;
	r->dsn = why->dsn;
	if (r->text == NULL || r->text[0] == '\0')
		r->text = why->text;
	stub_result_send(i, r);
}

/* ---- the helper itself ---- */

static void
serve_one(struct ipc *i, const struct conf *cf, const struct passwd *pw, bool became, struct arena *mem)
{
	struct stub_result r = { .code = 0 };
	struct verdict why = VERDICT(mem);
	const struct action *action;
	struct stub_act act;
	int file;

	if (!stub_act_get(i, mem, &act))
		return;
	file = conn_take_fd(ipc_conn(i));
	action = action_find(act.action);
	/* Each time anew, and not to stay: homes are mounted and unmounted. */
	if (!became || !go_home(pw))
		later(&why, "4.3.0", "cannot become user %s", pw->pw_name);
	else if (action == NULL || action->command || (action->message && file < 0))
		never(&why, "5.3.0", "bad request to the root stub");
	else
		action->run(&(struct deed){ &act, pw, cf->myhostname, NULL, file, mem, &r }, &why);
	if (file >= 0)
		close(file);
	stub_answer(i, &why, &r);
	if (chdir("/") < 0)
		log_warn("chdir /: %s", strerror(errno));
}

static _Noreturn void
be_helper(const struct conf *cf, const struct passwd *pw, int socket)
{
	struct arena mem = ARENA(REQUEST_MAX);
	struct ipc *i;
	bool became;

	/* Not the front's connection, and no other user's. */
	if (dup2(socket, 3) < 0 || close_range(4, ~0u, 0) < 0)
		_exit(EX_OSERR);
	became = become_user(pw);
	prctl(PR_SET_DUMPABLE, 0);
	i = ipc_serve(conn_new(3), &stub_protocol);
	while (ipc_next(i) != NULL) {
		serve_one(i, cf, pw, became, &mem);
		ipc_flush(i);
		arena_reset(&mem);
	}
	_exit(0);
}

/* ---- the stub's side ---- */

static void
end(struct helper *h)
{
	if (h->ipc == NULL)
		return;
	ipc_free(&h->ipc);
	kill(h->pid, SIGKILL); /* its user may have stopped it; between two requests it does nothing */
	while (waitpid(h->pid, NULL, 0) < 0 && errno == EINTR)
		;
	free(h->name);
	free(h->home);
	*h = (struct helper){ .ipc = NULL };
}

static bool
is_of(const struct helper *h, const struct passwd *pw)
{
	return h->ipc != NULL && h->uid == pw->pw_uid && h->gid == pw->pw_gid && strcmp(h->name, pw->pw_name) == 0 &&
	    strcmp(h->home, pw->pw_dir) == 0;
}

/* Its connection is quiet; at its end there is nobody any more. */
static bool
is_alive(const struct helper *h)
{
	char byte;

	return conn_buffered(ipc_conn(h->ipc)) == 0 && tick_ms() - h->since < HELPER_SECONDS * 1000L &&
	    recv(conn_fd(ipc_conn(h->ipc)), &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && errno == EAGAIN;
}

static bool
start(struct helper *h, const struct conf *cf, const struct passwd *pw, struct verdict *why)
{
	int pair[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0) {
		later(why, "4.3.0", "socketpair: %s", strerror(errno));
		return false;
	}
	if ((pid = fork()) == 0)
		be_helper(cf, pw, pair[1]);
	close(pair[1]);
	if (pid < 0) {
		close(pair[0]);
		later(why, "4.3.0", "fork: %s", strerror(errno));
		return false;
	}
	*h = (struct helper){ .pid = pid,
		.name = mem_str(pw->pw_name),
		.home = mem_str(pw->pw_dir),
		.uid = pw->pw_uid,
		.gid = pw->pw_gid,
		.since = tick_ms() };
	h->ipc = ipc_begin(pair[0], &stub_protocol);
	return true;
}

/* That user's, or a place for it. */
static struct helper *
find(struct helpers *all, const struct passwd *pw)
{
	struct helper *oldest = &all->list[0];

	for (struct helper *h = all->list; h < all->list + HELPERS_MOST; h++) {
		if (is_of(h, pw))
			return h;
		if (h->ipc == NULL || (oldest->ipc != NULL && h->used < oldest->used))
			oldest = h;
	}
	return oldest;
}

enum fate
helper_ask(struct helpers *all, const struct conf *cf, const struct passwd *pw, const struct stub_act *act, int file,
    struct arena *mem, struct stub_result *out, struct verdict *why)
{
	struct helper *h = find(all, pw);

	if (!is_of(h, pw) || !is_alive(h)) {
		end(h);
		if (!start(h, cf, pw, why))
			return why->fate;
	}
	h->used = tick_ms();
	ipc_timeout(h->ipc, ANSWER_SECONDS);
	stub_act_send(h->ipc, act);
	if (file >= 0)
		conn_put_fd(ipc_conn(h->ipc), file);
	if (stub_result_read(h->ipc, mem, out))
		return FATE_OK;
	later(why, "4.3.0", "delivery process for user %s: %s", pw->pw_name, ipc_why(h->ipc));
	log_error("%s", why->text);
	end(h);
	return why->fate;
}
