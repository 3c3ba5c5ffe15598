/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/transcript.h"

#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/text.h"
#include "lib/base/time.h"
#include "lib/io/file.h"
#include "lib/service/defaults.h"
#include "tests/support/fakes.h"
#include "tests/support/test.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { INPUT = 1 << 20, TEXT = 64 << 20, LINE = 1 << 16 };

struct play {
	const struct transcript_daemon *daemon;
	const char *name;
	int line;
	char folder[200];
	struct buf conf, dns, cleanup;
	const char *peer;
	struct fake *fake_cleanup, *fake_resolver;
	pid_t child;
	int fd;
	struct buf in; /* from the server; what is before in_at was looked at */
	size_t in_at;
	char *reply[100]; /* the lines that S- looks at */
	size_t nreply;
	size_t log_at; /* L: lines before it are used */
	long sent;     /* when the client last said something, tick_ms() */
	bool over;
};

static _Noreturn void
wrong(const struct play *p, const char *fmt, ...)
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

/* ---- the session's side ---- */

static int log_fd = -1;

static bool
log_to_file(enum log_level level, const char *line)
{
	char text[LINE];
	int n = snprintf(text, sizeof(text), "%s\n", line);

	(void)level;
	return n > 0 && write(log_fd, text, (size_t)n < sizeof(text) ? (size_t)n : sizeof(text) - 1) > 0;
}

static void
child(struct play *p, int fd)
{
	struct conf_args a = { .dir = "." };
	struct buf err = BUF(65536);
	struct session s = { .service = p->daemon->service, .uid = (uid_t)-1, .gid = (gid_t)-1 };
	int status = 0;

	alarm(3 * TRANSCRIPT_SECONDS);
	signal(SIGPIPE, SIG_IGN);
	must_hold(chdir(p->folder) == 0);
	log_fd = open("log", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	log_open("postfix", p->daemon->service, log_to_file);
	defaults_register();
	must_hold(addr_parse(&s.peer, p->peer, 4711));
	s.conn = conn_new(fd);
	if ((s.cf = conf_load(&a, &err)) == NULL || !p->daemon->open(s.cf, &s.state, &err)) {
		log_error("%s", buf_str(&err));
		status = EX_CONFIG;
	} else {
		p->daemon->session(&s);
	}
	conn_free(&s.conn);
	buf_free(&err);
	exit(status); /* and so the leak checker looks */
}

/* ---- beginning and end ---- */

static void
write_conf(struct play *p)
{
	char path[300];
	int fd;

	snprintf(path, sizeof(path), "%s/main.cf", p->folder);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	must_hold(fd >= 0 && file_write_all(fd, p->daemon->conf, strlen(p->daemon->conf)) &&
	    file_write_all(fd, buf_str(&p->conf), p->conf.len));
	close(fd);
}

static void
make_folders(struct play *p)
{
	static const char *const inside[] = { "public", "private" };
	const char *base = getenv("TMPDIR");
	char path[300];

	snprintf(p->folder, sizeof(p->folder), "%s/play.XXXXXX", base != NULL ? base : "/tmp");
	must_hold(mkdtemp(p->folder) != NULL);
	for (size_t i = 0; i < NITEMS(inside); i++) {
		snprintf(path, sizeof(path), "%s/%s", p->folder, inside[i]);
		must_hold(mkdir(path, 0700) == 0);
	}
}

static void
begin(struct play *p)
{
	char path[300];
	int fds[2];

	if (p->folder[0] != '\0')
		return;
	make_folders(p);
	write_conf(p);
	must_hold(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == 0);
	fflush(stdout);
	fflush(stderr);
	/* The fakes get their sockets after the fork, so that no thread is there at it; the session may be earlier. */
	must_hold((p->child = fork()) >= 0);
	if (p->child == 0) {
		char go;

		close(fds[0]);
		must_hold(read(fds[1], &go, 1) == 1);
		child(p, fds[1]);
	}
	close(fds[1]);
	p->fd = fds[0];
	snprintf(path, sizeof(path), "%s/public/cleanup", p->folder);
	p->fake_cleanup = fake_cleanup_start(path, buf_str(&p->cleanup));
	snprintf(path, sizeof(path), "%s/private/resolver", p->folder);
	p->fake_resolver = fake_resolver_start(path, buf_str(&p->dns));
	must_hold(write(p->fd, "", 1) == 1);
}

static void
forget_reply(struct play *p)
{
	while (p->nreply > 0)
		free(p->reply[--p->nreply]);
}

static void
clean_up(struct play *p)
{
	static const char *const names[] = { "main.cf", "log", "public/cleanup", "private/resolver", "public",
		"private", "" };
	char path[300];

	for (size_t i = 0; i < NITEMS(names); i++) {
		snprintf(path, sizeof(path), "%s/%s", p->folder, names[i]);
		remove(path);
	}
	fake_stop(&p->fake_cleanup);
	fake_stop(&p->fake_resolver);
	forget_reply(p);
	buf_free(&p->conf);
	buf_free(&p->dns);
	buf_free(&p->cleanup);
	buf_free(&p->in);
}

/* ---- lines from the server ---- */

/* More input; false: the end, or the time is over. */
static bool
more(struct play *p, long until)
{
	struct pollfd w = { .fd = p->fd, .events = POLLIN };
	long left = until - tick_ms();
	char *room = buf_room(&p->in, LINE);
	ssize_t n;

	if (left <= 0 || poll(&w, 1, (int)left) <= 0 || room == NULL)
		return false;
	if ((n = read(p->fd, room, LINE)) > 0)
		buf_grew(&p->in, (size_t)n);
	return n > 0;
}

/* The next line without its end, the caller's; NULL: the server has closed. */
static char *
next_line(struct play *p)
{
	long until = tick_ms() + TRANSCRIPT_SECONDS * 1000;
	size_t looked = p->in_at, n;
	char *end, *line;

	while (p->in.len == looked || (end = memchr(p->in.s + looked, '\n', p->in.len - looked)) == NULL) {
		looked = p->in.len;
		if (more(p, until))
			continue;
		if (tick_ms() >= until)
			wrong(p, "the server says nothing");
		if (p->in.len > p->in_at)
			wrong(p, "half a line: %s", p->in.s + p->in_at);
		return NULL;
	}
	n = (size_t)(end - p->in.s) - p->in_at;
	if (n == 0 || end[-1] != '\r')
		wrong(p, "a line that does not end in CRLF");
	line = mem_alloc(n);
	memcpy(line, p->in.s + p->in_at, n - 1);
	line[n - 1] = '\0';
	p->in_at += n + 1;
	if (p->in_at == p->in.len) {
		buf_clear(&p->in);
		p->in_at = 0;
	}
	return line;
}

static void
expect_one(struct play *p, const char *pattern)
{
	char *line = next_line(p);
	bool eof = strcmp(pattern, "<EOF>") == 0;

	if (line == NULL && !eof)
		wrong(p, "wanted %s, but the server has closed", pattern);
	if (line != NULL && (eof || !transcript_fits(pattern, line)))
		wrong(p, "wanted %s, got %s", pattern, line);
	p->over |= eof;
	free(line);
}

/* "{100*pattern}": a hundred such lines. */
static void
expect(struct play *p, const char *pattern)
{
	char *behind, *inner;
	long times = pattern[0] == '{' ? strtol(pattern + 1, &behind, 10) : 0;

	forget_reply(p);
	if (times == 0 || *behind != '*') {
		expect_one(p, pattern);
		return;
	}
	inner = mem_str(behind + 1);
	inner[strlen(inner) - 1] = '\0';
	while (times-- > 0)
		expect_one(p, inner);
	free(inner);
}

static void
expect_within(struct play *p, const char *pattern)
{
	while (p->nreply == 0 || p->reply[p->nreply - 1][3] == '-') {
		char *line = next_line(p);

		if (line == NULL || strlen(line) < 3 || p->nreply == NITEMS(p->reply))
			wrong(p, "wanted a reply with %s, got %s", pattern, line != NULL ? line : "the end");
		p->reply[p->nreply++] = line;
	}
	for (size_t i = 0; i < p->nreply; i++)
		if (transcript_fits(pattern, p->reply[i]))
			return;
	wrong(p, "no line of the reply is %s; the last one is %s", pattern, p->reply[p->nreply - 1]);
}

/* ---- bytes to the server ---- */

static int
hex(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* One character or escape at s; the place behind it. */
static const char *
unescape(struct play *p, const char *s, char *out)
{
	if (*s != '\\') {
		*out = *s;
		return s + 1;
	}
	switch (s[1]) {
	case 'r':
		*out = '\r';
		break;
	case 'n':
		*out = '\n';
		break;
	case 't':
		*out = '\t';
		break;
	case '0':
		*out = '\0';
		break;
	case '\\':
	case '{':
		*out = s[1];
		break;
	case 'x':
		if (hex(s[2]) < 0 || hex(s[3]) < 0)
			wrong(p, "bad escape %.4s", s);
		*out = (char)(hex(s[2]) * 16 + hex(s[3]));
		return s + 4;
	default:
		wrong(p, "bad escape %.2s", s);
	}
	return s + 2;
}

/* The brace that closes the one at s; NULL: there is none. */
static const char *
closing(const char *s, const char *end)
{
	int depth = 0;

	for (; s < end; s++) {
		if (*s == '\\')
			s++;
		else if (*s == '{')
			depth++;
		else if (*s == '}' && --depth == 0)
			return s;
	}
	return NULL;
}

static void
escaped(struct play *p, const char *s, const char *end, struct buf *out)
{
	char c;

	while (s < end) {
		char *behind;
		long times = *s == '{' ? strtol(s + 1, &behind, 10) : 0;
		const char *close = times > 0 && *behind == '*' ? closing(s, end) : NULL;

		if (close != NULL) {
			struct buf once = BUF(TEXT);

			escaped(p, behind + 1, close, &once);
			while (times-- > 0)
				buf_add(out, buf_str(&once), once.len);
			buf_free(&once);
			s = close + 1;
		} else {
			s = unescape(p, s, &c);
			buf_putc(out, c);
		}
	}
	if (!buf_ok(out))
		wrong(p, "too many bytes");
}

/* The server may answer while we still send a lot: then its answers are read too. */
static void
send_bytes(struct play *p, const char *s, size_t n)
{
	long until = tick_ms() + TRANSCRIPT_SECONDS * 1000;

	p->sent = tick_ms();
	while (n > 0) {
		struct pollfd w = { .fd = p->fd, .events = POLLOUT | POLLIN };
		ssize_t r;

		if (tick_ms() > until)
			wrong(p, "the server does not read");
		if (poll(&w, 1, 1000) > 0 && w.revents & POLLIN && !more(p, until))
			return; /* it has closed; what is expected next will say whether that is right */
		if (!(w.revents & POLLOUT))
			continue;
		if ((r = send(p->fd, s, n, MSG_DONTWAIT | MSG_NOSIGNAL)) < 0 && errno != EAGAIN)
			return;
		if (r > 0) {
			s += r;
			n -= (size_t)r;
		}
	}
}

static void
send_escaped(struct play *p, const char *text)
{
	struct buf b = BUF(TEXT);

	escaped(p, text, text + strlen(text), &b);
	send_bytes(p, buf_str(&b), b.len);
	buf_free(&b);
}

static void
send_line(struct play *p, const char *text)
{
	forget_reply(p);
	if (strcmp(text, "<EOF>") == 0) {
		shutdown(p->fd, SHUT_WR);
		return;
	}
	send_bytes(p, text, strlen(text));
	send_bytes(p, "\r\n", 2);
}

static void
expect_delay(struct play *p, const char *ms)
{
	long took = tick_ms() - p->sent, least;

	if (!text_number(ms, 0, 60000, &least) || took < least)
		wrong(p, "wanted an answer after %s ms at the least, it came after %ld", ms, took);
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
		wrong(p, "there is no such line in the log: %s", pattern);
	}
	p->log_at = at;
}

static void
expect_cleanup(struct play *p, const char *pattern)
{
	const char *told = p->fake_cleanup != NULL ? fake_next(p->fake_cleanup, TRANSCRIPT_SECONDS * 1000) : NULL;

	if (told == NULL)
		wrong(p, "cleanup was told nothing, wanted %s", pattern);
	if (!transcript_fits(pattern, told))
		wrong(p, "cleanup was told\n\t%s, wanted\n\t%s", told, pattern);
}

/* Everything that was said was expected, and the session ended well. */
static void
finish(struct play *p)
{
	int status;
	char *line;

	begin(p);
	shutdown(p->fd, SHUT_WR);
	while (!p->over && (line = next_line(p)) != NULL)
		wrong(p, "at the end the server still said %s", line);
	close(p->fd);
	while (waitpid(p->child, &status, 0) < 0 && errno == EINTR)
		;
	p->child = 0;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
		show_log(p);
		wrong(p, "the session ended with status 0x%x", status);
	}
}

static void
not_in_log(struct play *p, const char *pattern)
{
	if (p->child > 0)
		finish(p);
	if (find_in_log(p, 0, pattern) != 0)
		wrong(p, "this line must not be in the log: %s", pattern);
}

/* ---- the file ---- */

static const struct word {
	const char *prefix;
	void (*run)(struct play *, const char *);
} words[] = {
	{ "C:", send_line },
	{ "X:", send_escaped },
	{ "S:", expect },
	{ "S-", expect_within },
	{ "T:", expect_delay },
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
		wrong(p, "settings stand before the dialogue");
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
		begin(p);
		words[i].run(p, line[2] == ' ' ? line + 3 : line + 2);
		return;
	}
	wrong(p, "what is this? %s", line);
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
	clean_up(&p);
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
