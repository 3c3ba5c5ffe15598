/* SPDX-License-Identifier: Apache-2.0 */
/* The commands. */
#include "commands/sallyport/check.h"
#include "commands/sallyport/folders.h"
#include "commands/sallyport/report.h"
#include "commands/sallyport/sallyport.h"

#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/time.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { POLL_MS = 50, GONE_MS = 2000, STOP_MS = 30000, ABORT_MS = 5000, RELOAD_MS = 20000, STATUS_MOST = 1 << 20 };

/* The process id of the master that runs; without one the command fails. */
static pid_t
running(const struct place *p)
{
	pid_t pid = master_pid(p);

	if (pid == 0)
		log_fatal(1, "the Sallyport mail system is not running");
	return pid;
}

/* Killed, and not even its files are closed yet: it has no program any more. */
static bool
is_ending(pid_t pid)
{
	char path[64], to[8];

	snprintf(path, sizeof(path), "/proc/%ld/exe", (long)pid);
	return (kill(pid, 0) < 0 && errno == ESRCH) || (readlink(path, to, sizeof(to)) < 0 && errno == ENOENT);
}

/*
 * The process id of the master that runs, or 0.  Where one was killed, a process that it had just
 * forked has its lock, too, until it is executed: that lasts a moment, and the master is none.
 */
static pid_t
settled_pid(const struct place *p)
{
	struct timespec pause = { 0, POLL_MS * 1000000L };
	long end = tick_ms() + GONE_MS;
	pid_t pid;

	while ((pid = master_pid(p)) > 0 && is_ending(pid) && tick_ms() < end)
		nanosleep(&pause, NULL);
	return pid;
}

static void
prepare(const struct place *p)
{
	struct findings found = FINDINGS;
	struct buf err = BUF(4096);
	pid_t pid = settled_pid(p);

	if (pid > 0)
		log_fatal(1, "the Sallyport mail system is already running: PID: %d", pid);
	if (!folders_make(p->cf, &p->accounts, &err))
		log_fatal(1, "%s", buf_str(&err));
	if (!p->accounts.separated)
		log_info("privilege separation is off: everything runs as the user who starts it");
	check_all(p, CHECK_START, &found);
	report_log(&found, SEVERITY_WARNING);
	if (found.count[SEVERITY_FATAL] > 0)
		log_fatal(1, "not started, because of the errors above");
	findings_free(&found);
	buf_free(&err);
}

int
command_start(const struct place *p)
{
	int status;

	prepare(p);
	log_info("starting the Sallyport mail system");
	if ((status = master_execute(p, "-w", true)) != 0)
		log_error("the Sallyport mail system did not start");
	return status != 0;
}

int
command_start_fg(const struct place *p)
{
	prepare(p);
	log_info("starting the Sallyport mail system");
	return master_execute(p, NULL, false);
}

static bool
gone_within(const struct place *p, pid_t pid, long ms)
{
	struct timespec pause = { 0, POLL_MS * 1000000L };
	long end = tick_ms() + ms;

	while (master_pid(p) == pid) {
		if (tick_ms() > end)
			return false;
		nanosleep(&pause, NULL);
	}
	return true;
}

static void
send_signal(pid_t pid, int signo)
{
	if (kill(pid, signo) < 0 && errno != ESRCH)
		log_fatal(EX_NOPERM, "signal process %d: %s", pid, strerror(errno));
}

int
command_stop(const struct place *p)
{
	pid_t pid = running(p);

	log_info("stopping the Sallyport mail system");
	send_signal(pid, SIGTERM);
	if (gone_within(p, pid, STOP_MS))
		return 0;
	log_error("the Sallyport mail system has not stopped; \"sallyport abort\" stops it at once");
	return 1;
}

int
command_abort(const struct place *p)
{
	pid_t pid = running(p);

	log_info("aborting the Sallyport mail system");
	send_signal(pid, SIGQUIT);
	if (gone_within(p, pid, ABORT_MS))
		return 0;
	send_signal(pid, SIGKILL);
	return !gone_within(p, pid, ABORT_MS);
}

/* Was there another reload after so many?  *failed: why it did nothing. */
static bool
reloaded(const struct place *p, long before, char **failed)
{
	struct buf text = BUF(STATUS_MOST);
	const char *why;
	long now = -1;

	*failed = NULL;
	if (master_ask(p, &text))
		now = master_reloads(buf_str(&text), &why);
	if (now > before && why != NULL) {
		*failed = mem_str(why);
		(*failed)[strcspn(*failed, "\n")] = '\0';
	}
	buf_free(&text);
	return now > before;
}

static long
reloads_so_far(const struct place *p)
{
	struct buf text = BUF(STATUS_MOST);
	const char *why;
	long n = master_ask(p, &text) ? master_reloads(buf_str(&text), &why) : -1;

	buf_free(&text);
	if (n < 0)
		log_fatal(EX_TEMPFAIL, "master does not answer: %s", strerror(errno));
	return n;
}

/* What runs is better than what does not start, or lets strangers in. */
static bool
is_fit(const struct place *p)
{
	struct findings found = FINDINGS;
	bool fit;

	check_all(p, CHECK_RELOAD, &found);
	report_log(&found, SEVERITY_ERROR);
	fit = found.count[SEVERITY_FATAL] + found.count[SEVERITY_ERROR] == 0;
	findings_free(&found);
	return fit;
}

int
command_reload(const struct place *p)
{
	pid_t pid = running(p);
	long before = reloads_so_far(p), end;
	char *failed;

	if (!is_fit(p) && !p->force) {
		log_error(
		    "not reloaded, the old configuration stays in force, because of the errors above; \"sallyport "
		    "reload --force\" does it all the same");
		return 1;
	}
	end = tick_ms() + RELOAD_MS;

	log_info("refreshing the Sallyport mail system");
	send_signal(pid, SIGHUP);
	while (!reloaded(p, before, &failed)) {
		if (master_pid(p) != pid)
			log_fatal(EX_TEMPFAIL, "master has ended meanwhile; the log says more");
		if (tick_ms() > end)
			log_fatal(EX_TEMPFAIL, "master has not answered; the log says more");
	}
	if (failed == NULL)
		return 0;
	log_error("not reloaded, the old configuration stays in force: %s", failed);
	free(failed);
	return 1;
}

int
command_flush(const struct place *p)
{
	char *program = mem_fmt("%s/postqueue", p->cf->command_directory);
	const char *argv[] = { program, "-c", p->dir, "-f", NULL };

	running(p);
	execv(program, (char *const *)(uintptr_t)argv);
	log_fatal(EX_OSFILE, "execute %s: %s", program, strerror(errno));
}

int
command_check(const struct place *p)
{
	struct findings found = FINDINGS;
	int status;

	if (p->trouble != NULL)
		finding_told(&found, FINDING_configuration, (struct spot){ NULL, 0 }, p->trouble);
	else
		check_all(p, CHECK_COMMAND, &found);
	(p->json ? report_json : report_text)(stdout, p->dir, &found);
	if (fflush(stdout) != 0 || ferror(stdout))
		log_fatal(EX_IOERR, "standard output: %s", strerror(errno));
	status = p->trouble != NULL ? EX_CONFIG : found.count[SEVERITY_FATAL] + found.count[SEVERITY_ERROR] > 0;
	findings_free(&found);
	return status;
}

int
command_status(const struct place *p)
{
	struct buf text = BUF(STATUS_MOST);
	pid_t pid = running(p);
	const char *rest;

	printf("the Sallyport mail system is running: PID: %d\n", pid);
	if (master_ask(p, &text) && (rest = strchr(buf_str(&text), '\n')) != NULL)
		fputs(rest + 1, stdout);
	else
		log_warn("master does not say more: %s", strerror(errno));
	buf_free(&text);
	return 0;
}

static void
repair_fault(void *ctx, enum folders_fate fate, const char *path, const char *what)
{
	int *faults = ctx;

	(void)fate;
	++*faults;
	log_error("%s: %s", path, what);
}

int
command_set_permissions(const struct place *p)
{
	struct buf err = BUF(4096);
	int faults = 0;

	if (!folders_make(p->cf, &p->accounts, &err))
		log_fatal(1, "%s", buf_str(&err));
	folders_repair(p->cf, &p->accounts, repair_fault, &faults);
	return faults > 0;
}
