/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/transcript.h"

#include "lib/base/log.h"
#include "lib/base/text.h"
#include "lib/base/time.h"
#include "lib/io/file.h"
#include "tests/support/test.h"
#include "tests/support/transcript_inside.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

void
play_wrong(const struct play *p, const char *fmt, ...)
{
	char text[4096];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (p->child > 0)
		kill(p->child, SIGKILL);
	fail_msg("%s, line %d: %s", p->name, p->line, text);
	abort(); /* fail_msg() does not return */
}

bool
transcript_fits(const char *pattern, const char *text)
{
	const char *star = NULL, *from = NULL;

	while (*text != '\0') {
		if (*pattern == '*') {
			star = pattern++;
			from = text;
		} else if (*pattern == *text) {
			pattern++;
			text++;
		} else if (star != NULL) {
			pattern = star + 1;
			text = ++from;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return *pattern == '\0';
}

/* ---- log and cleanup ---- */

/* Where the line behind the fitting one begins; 0: there is none. */
static size_t
find_in_log(const struct play *p, size_t from, const char *pattern)
{
	struct buf log = BUF(TEXT);
	char path[300], *line, *end;
	size_t found = 0;

	snprintf(path, sizeof(path), "%s/log", p->folder);
	if (file_read(AT_FDCWD, path, &log) && log.len > from) {
		for (line = log.s + from; found == 0 && (end = strchr(line, '\n')) != NULL; line = end + 1) {
			*end = '\0';
			/* "postfix/smtpd[12]: text" */
			if (transcript_fits(pattern, strstr(line, "]: ") != NULL ? strstr(line, "]: ") + 3 : line))
				found = (size_t)(end + 1 - log.s);
		}
	}
	buf_free(&log);
	return found;
}

static void
show_log(const struct play *p)
{
	struct buf log = BUF(TEXT);
	char path[300];

	snprintf(path, sizeof(path), "%s/log", p->folder);
	if (file_read(AT_FDCWD, path, &log))
		print_error("log:\n%s", buf_str(&log));
	buf_free(&log);
}

static void
expect_log(struct play *p, const char *pattern)
{
	long until = tick_ms() + 5000;
	size_t at;

	while ((at = find_in_log(p, p->log_at, pattern)) == 0 && tick_ms() < until)
		usleep(2000);
	if (at == 0) {
		show_log(p);
		play_wrong(p, "there is no such line in the log: %s", pattern);
	}
	p->log_at = at;
}

static void
expect_cleanup(struct play *p, const char *pattern)
{
	const char *told = p->fake_cleanup != NULL ? fake_next(p->fake_cleanup, TRANSCRIPT_SECONDS * 1000) : NULL;

	if (told == NULL)
		play_wrong(p, "cleanup was told nothing, wanted %s", pattern);
	if (!transcript_fits(pattern, told))
		play_wrong(p, "cleanup was told\n\t%s, wanted\n\t%s", told, pattern);
}

/* Everything that was said was expected, and the session ended well. */
static void
finish(struct play *p)
{
	int status;
	char *line;

	play_begin(p);
	shutdown(p->fd, SHUT_WR);
	while (!p->over && (line = play_line(p)) != NULL)
		play_wrong(p, "at the end the server still said %s", line);
	close(p->fd);
	while (waitpid(p->child, &status, 0) < 0 && errno == EINTR)
		;
	p->child = 0;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
		show_log(p);
		play_wrong(p, "the session ended with status 0x%x", status);
	}
}

static void
not_in_log(struct play *p, const char *pattern)
{
	if (p->child > 0)
		finish(p);
	if (find_in_log(p, 0, pattern) != 0)
		play_wrong(p, "this line must not be in the log: %s", pattern);
}

/* ---- the file ---- */

static const struct word {
	const char *prefix;
	void (*run)(struct play *, const char *);
} words[] = {
	{ "C:", play_send_line },
	{ "X:", play_send_escaped },
	{ "S:", play_expect },
	{ "S-", play_expect_within },
	{ "T:", play_expect_delay },
	{ "L:", expect_log },
	{ "L!", not_in_log },
	{ "Q:", expect_cleanup },
};

static bool
setting(struct play *p, const char *line)
{
	const char *rest;

	if (text_starts(line, "conf:"))
		buf_fmt(&p->conf, "%s\n", line + strlen("conf:") + strspn(line + strlen("conf:"), " "));
	else if (text_starts(line, "dns:"))
		buf_fmt(&p->dns, "%s\n", line + strlen("dns:") + strspn(line + strlen("dns:"), " "));
	else if (text_starts(line, "cleanup:"))
		buf_fmt(&p->cleanup, "%s;", line + strlen("cleanup:"));
	else if (text_starts(line, "peer:")) {
		rest = line + strlen("peer:");
		p->peer = rest + strspn(rest, " ");
	} else
		return false;
	if (p->child > 0)
		play_wrong(p, "settings stand before the dialogue");
	return true;
}

static void
one_line(struct play *p, char *line)
{
	if (line[0] == '\0' || line[0] == '#' || setting(p, line))
		return;
	for (size_t i = 0; i < NITEMS(words); i++) {
		if (strncmp(line, words[i].prefix, 2) != 0)
			continue;
		play_begin(p);
		words[i].run(p, line[2] == ' ' ? line + 3 : line + 2);
		return;
	}
	play_wrong(p, "what is this? %s", line);
}

void
transcript_play(const struct transcript_daemon *d, const char *name, const char *text)
{
	struct play p = { .daemon = d,
		.name = name,
		.peer = "192.0.2.1",
		.fd = -1,
		.conf = BUF(INPUT),
		.dns = BUF(INPUT),
		.cleanup = BUF(INPUT),
		.in = BUF(TEXT) };
	char *copy = mem_str(text), *line = copy, *end;

	for (bool last = false; !last; line = end + 1) {
		p.line++;
		end = line + strcspn(line, "\n");
		last = *end == '\0';
		*end = '\0';
		one_line(&p, line);
	}
	if (p.child > 0 || p.folder[0] == '\0')
		finish(&p);
	play_clean_up(&p);
	free(copy);
}

/* ---- a folder ---- */

struct scene {
	const struct transcript_daemon *daemon;
	const char *path;
};

static void
play_file(void **state)
{
	const struct scene *s = *state;
	struct buf text = BUF(INPUT);

	assert_true(file_read(AT_FDCWD, s->path, &text));
	transcript_play(s->daemon, s->path, buf_str(&text));
	buf_free(&text);
}

int
transcript_run_all(const struct transcript_daemon *d, const char *folder)
{
	char *pattern = mem_fmt("%s/*.t", folder);
	struct CMUnitTest *tests;
	struct scene *scenes;
	glob_t found = { 0 };
	int failed;

	if (glob(pattern, 0, NULL, &found) != 0)
		log_fatal(EX_NOINPUT, "%s: no transcripts; tests run in the source folder", pattern);
	tests = mem_zero(found.gl_pathc, sizeof(*tests));
	scenes = mem_zero(found.gl_pathc, sizeof(*scenes));
	for (size_t i = 0; i < found.gl_pathc; i++) {
		scenes[i] = (struct scene){ d, found.gl_pathv[i] };
		tests[i] = (struct CMUnitTest){ found.gl_pathv[i], play_file, NULL, NULL, &scenes[i] };
	}
	failed = _cmocka_run_group_tests(folder, tests, found.gl_pathc, NULL, NULL);
	globfree(&found);
	free(tests);
	free(scenes);
	free(pattern);
	return failed;
}
