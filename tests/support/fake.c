/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/text.h"
#include "lib/base/time.h"
#include "lib/net/addr.h"
#include "tests/support/fake_inside.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static int
listen_on(const char *path)
{
	struct addr a;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	must_hold(addr_unix(&a, path) && fd >= 0);
	unlink(path);
	must_hold(bind(fd, &a.sa, a.len) == 0 && listen(fd, 100) == 0);
	return fd;
}

static void *
run(void *ctx)
{
	struct fake *f = ctx;
	struct pollfd p[] = { { .fd = f->listener, .events = POLLIN }, { .fd = f->stop[0], .events = POLLIN } };

	for (;;) {
		int fd;

		if (poll(p, NITEMS(p), -1) < 0 && errno != EINTR)
			break;
		if (p[1].revents != 0)
			break;
		if (p[0].revents != 0 && (fd = accept4(f->listener, NULL, NULL, SOCK_CLOEXEC)) >= 0)
			f->serve(f, fd);
	}
	return NULL;
}

struct fake *
fake_start(const char *socket, const char *words, void (*serve)(struct fake *, int fd))
{
	struct fake *f = mem_zero(1, sizeof(*f));

	f->words = mem_str(words);
	f->serve = serve;
	f->content = (struct buf)BUF(256 << 20);
	pthread_mutex_init(&f->lock, NULL);
	pthread_cond_init(&f->more, NULL);
	must_hold(pipe(f->stop) == 0);
	f->listener = listen_on(socket);
	must_hold(pthread_create(&f->thread, NULL, run, f) == 0);
	return f;
}

void
fake_stop(struct fake **fp)
{
	struct fake *f = *fp;

	if (f == NULL)
		return;
	close(f->stop[1]);
	pthread_join(f->thread, NULL);
	close(f->stop[0]);
	close(f->listener);
	while (f->n > 0)
		free(f->told[--f->n]);
	buf_free(&f->content);
	pthread_mutex_destroy(&f->lock);
	pthread_cond_destroy(&f->more);
	free(f->words);
	free(f);
	*fp = NULL;
}

bool
fake_wait(struct fake *f, struct conn *c)
{
	struct pollfd p[] = { { .fd = conn_fd(c), .events = POLLIN }, { .fd = f->stop[0], .events = POLLIN } };

	if (conn_buffered(c) > 0)
		return true;
	conn_flush(c);
	while (poll(p, NITEMS(p), -1) < 0 && errno == EINTR)
		;
	return p[0].revents != 0;
}

void
fake_tell(struct fake *f, char *text)
{
	if (fake_said(f, "forget", NULL)) {
		free(text);
		return;
	}
	pthread_mutex_lock(&f->lock);
	must_hold(f->n < FAKE_STRINGS);
	f->told[f->n++] = text;
	pthread_cond_signal(&f->more);
	pthread_mutex_unlock(&f->lock);
}

const char *
fake_next(struct fake *f, long ms)
{
	const char *text = NULL;
	const struct timespec until = tick_after(ms);
	int err = 0;

	pthread_mutex_lock(&f->lock);
	while (f->read == f->n && err == 0)
		err = pthread_cond_clockwait(&f->more, &f->lock, CLOCK_MONOTONIC, &until);
	if (f->read < f->n)
		text = f->told[f->read++];
	pthread_mutex_unlock(&f->lock);
	return text;
}

const char *
fake_content(struct fake *f, size_t *len)
{
	const char *s;

	pthread_mutex_lock(&f->lock);
	s = buf_str(&f->content);
	*len = f->content.len;
	pthread_mutex_unlock(&f->lock);
	return s;
}

long
fake_committed(struct fake *f)
{
	long n;

	pthread_mutex_lock(&f->lock);
	n = f->committed;
	pthread_mutex_unlock(&f->lock);
	return n;
}

bool
fake_said(const struct fake *f, const char *word, const char **rest)
{
	char *copy = mem_str(f->words), *cursor = copy, *part;
	bool found = false;

	while (!found && (part = text_word(&cursor, ";")) != NULL) {
		part = text_trim(part);
		if ((found = text_starts(part, word)) && rest != NULL)
			*rest = f->words + (part - copy) + strlen(word);
	}
	free(copy);
	return found;
}

char *
fake_text(const struct msg *m, const void *rec)
{
	static const char *const dull[] = { "arrival_us", "client_port", "tag" };
	struct buf b = BUF(1 << 20), value = BUF(1 << 20);

	buf_puts(&b, m->name);
	for (size_t i = 0; i < m->n; i++) {
		const struct field *row = &m->rows[i];
		bool skip = false;

		for (size_t k = 0; k < NITEMS(dull); k++)
			skip |= strcmp(dull[k], row->name) == 0;
		buf_clear(&value);
		field_print(&value, row, rec);
		if (!skip && (row->dflt == NULL || strcmp(row->dflt, buf_str(&value)) != 0))
			buf_fmt(&b, " %s=%s", row->name, buf_str(&value));
	}
	buf_free(&value);
	return buf_take(&b);
}
