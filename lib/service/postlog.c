/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/service/postlog.h"

#include "lib/base/buf.h"
#include "lib/base/log.h"
#include "lib/base/time.h"

#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { ROOM = 1 << 20, WAIT_MS = 100, SULK_MS = 1000, FLUSHER_STACK = 65536, LOOKS = 100 };

struct post {
	pthread_mutex_t lock;  /* around all below */
	pthread_cond_t wanted; /* for the flusher: something waits */
	pthread_cond_t room;   /* for everybody: something has left */
	struct sockaddr_un to;
	postlog_elsewhere *elsewhere;
	int fd;
	struct buf waiting;
	bool sending; /* a thread is at it, and takes along what comes meanwhile */
	bool gather, thread;
	long sent_at;	 /* tick_ms() */
	long sulk_until; /* no waiting for a log daemon that let us wait in vain */
	unsigned long lost;
};
static struct post post = { .lock = PTHREAD_MUTEX_INITIALIZER,
	.wanted = PTHREAD_COND_INITIALIZER,
	.room = PTHREAD_COND_INITIALIZER,
	.fd = -1,
	.waiting = BUF(ROOM) };

/* ---- the datagram ---- */

static bool
connect_again(struct post *p)
{
	return connect(p->fd, (struct sockaddr *)&p->to, sizeof(p->to)) == 0;
}

/* A set-gid command shows the group that it was given, which is not its real one. */
static bool
transmit(int fd, const char *bytes, size_t n, bool patient)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(struct ucred))];
	} control = { .bytes = { 0 } };
	struct ucred me = { getpid(), geteuid(), getegid() };
	struct iovec iov = { .iov_base = (void *)(uintptr_t)bytes, .iov_len = n };
	struct msghdr m = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof(control.bytes)
	};
	struct cmsghdr *h = CMSG_FIRSTHDR(&m);

	h->cmsg_level = SOL_SOCKET;
	h->cmsg_type = SCM_CREDENTIALS;
	h->cmsg_len = CMSG_LEN(sizeof(me));
	memcpy(CMSG_DATA(h), &me, sizeof(me));
	return sendmsg(fd, &m, MSG_NOSIGNAL | (patient ? 0 : MSG_DONTWAIT)) >= 0;
}

enum sent { SENT, BUSY, NOBODY };

static enum sent
deliver(struct post *p, const char *bytes, size_t n, bool patient)
{
	if (transmit(p->fd, bytes, n, patient))
		return SENT;
	if (errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS)
		return BUSY;
	return connect_again(p) && transmit(p->fd, bytes, n, false) ? SENT : NOBODY;
}

bool
postlog_next(const char **at, size_t *left, long *us, const char **line, size_t *n)
{
	const char *end;

	if (*left == 0)
		return false;
	*us = 0;
	if (**at == POSTLOG_MARK && (end = memchr(*at + 1, POSTLOG_MARK, *left - 1)) != NULL) {
		*us = strtol(*at + 1, NULL, 10);
		*left -= (size_t)(end + 1 - *at);
		*at = end + 1;
		end = memchr(*at, '\n', *left);
	} else {
		end = NULL; /* one line without a time, whatever is in it */
	}
	*line = *at;
	*n = end != NULL ? (size_t)(end - *at) : *left;
	*at += *n + (end != NULL);
	*left -= *n + (end != NULL);
	return true;
}

static unsigned long
place_elsewhere(struct post *p, char *bytes, size_t left)
{
	const char *at = bytes, *line;
	unsigned long lost = 0;
	size_t n;
	long us;

	while (postlog_next(&at, &left, &us, &line, &n)) {
		bytes[line - bytes + (long)n] = '\0';
		lost += !p->elsewhere(us, line);
	}
	return lost;
}

/* ---- gathering; all with the lock ---- */

static void
append(struct post *p, const char *line)
{
	buf_fmt(&p->waiting, "%c%ld%c", POSTLOG_MARK, log_time_us(), POSTLOG_MARK);
	buf_puts(&p->waiting, line);
	buf_putc(&p->waiting, '\n');
}

static void
confess(struct post *p)
{
	char text[200];

	if (p->lost == 0)
		return;
	snprintf(text, sizeof(text), "%s[%d]: warning: %lu log lines were lost, as the log daemon did not take them",
	    log_name(), (int)getpid(), p->lost);
	p->lost = 0;
	append(p, text);
}

/* As many whole lines as one datagram holds. */
static size_t
next_part(const struct buf *b)
{
	const char *end;

	if (b->len <= POSTLOG_DATAGRAM_MAX)
		return b->len;
	end = memrchr(b->s, '\n', POSTLOG_DATAGRAM_MAX);
	return end != NULL ? (size_t)(end + 1 - b->s) : POSTLOG_DATAGRAM_MAX;
}

/*
 * The first part of what waits.  It stays where it is until it is gone: when
 * the log daemon is only slow, a process that gathers tries again.  False: then.
 */
static bool
send_part(struct post *p, bool patient)
{
	static char part[POSTLOG_DATAGRAM_MAX + 1]; /* of the one thread that sends */
	size_t n = next_part(&p->waiting);
	unsigned long lost = 0;
	enum sent sent;

	memcpy(part, p->waiting.s, n);
	patient = patient && tick_ms() >= p->sulk_until;
	pthread_mutex_unlock(&p->lock);
	sent = deliver(p, part, n, patient);
	pthread_mutex_lock(&p->lock);
	if (sent == BUSY && patient)
		p->sulk_until = tick_ms() + SULK_MS;
	if (sent == BUSY && p->gather && p->waiting.len < ROOM / 2)
		return false;
	if (sent != SENT) {
		pthread_mutex_unlock(&p->lock);
		lost = place_elsewhere(p, part, n);
		pthread_mutex_lock(&p->lock);
	}
	buf_eat(&p->waiting, n);
	p->lost += lost;
	if (sent == SENT)
		confess(p);
	return true;
}

static void
send_all(struct post *p, bool patient)
{
	p->sending = true;
	for (int i = 0; i < LOOKS && p->waiting.len > 0; i++)
		if (!send_part(p, patient))
			break;
	p->sending = false;
	p->sent_at = tick_ms();
	pthread_cond_broadcast(&p->room);
}

static long
due(const struct post *p)
{
	long ms = p->sent_at + POSTLOG_GATHER_MS - tick_ms();

	return ms < 0 ? 0 : ms > POSTLOG_GATHER_MS ? POSTLOG_GATHER_MS : ms;
}

static void
wait_for_room(struct post *p)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += WAIT_MS * 1000000L;
	until.tv_sec += until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	pthread_cond_timedwait(&p->room, &p->lock, &until);
}

bool
postlog_line(const char *line, bool patient, bool urgent)
{
	struct post *p = &post;
	size_t n = strlen(line) + 32;

	pthread_mutex_lock(&p->lock);
	if (p->waiting.len + n > ROOM && patient && p->thread)
		wait_for_room(p);
	if (p->waiting.len + n > ROOM) {
		p->lost++;
		pthread_mutex_unlock(&p->lock);
		return false;
	}
	append(p, line);
	if (p->sending) {
		/* Whoever sends takes it along. */
	} else if (p->gather && !urgent && p->waiting.len < POSTLOG_DATAGRAM_MAX && due(p) > 0) {
		if (p->thread)
			pthread_cond_signal(&p->wanted);
	} else {
		/* Who gathers need not wait: what does not go now goes with the next. */
		send_all(p, patient && !p->gather);
		if (p->waiting.len > 0 && p->thread)
			pthread_cond_signal(&p->wanted);
	}
	pthread_mutex_unlock(&p->lock);
	return true;
}

static void *
flusher(void *arg)
{
	struct post *p = arg;

	pthread_mutex_lock(&p->lock);
	for (;;) {
		long ms;

		while (p->waiting.len == 0 || p->sending)
			pthread_cond_wait(&p->wanted, &p->lock);
		if ((ms = due(p)) > 0) {
			pthread_mutex_unlock(&p->lock);
			nanosleep(&(struct timespec){ .tv_nsec = ms * 1000000 }, NULL);
			pthread_mutex_lock(&p->lock);
		}
		if (!p->sending)
			send_all(p, true);
	}
	return NULL;
}

/* ---- the rest of the world ---- */

void
postlog_flush(bool patient)
{
	pthread_mutex_lock(&post.lock);
	if (!post.sending && post.waiting.len > 0)
		send_all(&post, patient);
	pthread_mutex_unlock(&post.lock);
}

static void
last_flush(void)
{
	postlog_flush(true);
}

long
postlog_due(void)
{
	long ms;

	pthread_mutex_lock(&post.lock);
	ms = post.waiting.len > 0 ? due(&post) : -1;
	pthread_mutex_unlock(&post.lock);
	return ms;
}

bool
postlog_is_open(void)
{
	return post.fd >= 0;
}

void
postlog_open(const char *socket_name, postlog_elsewhere *elsewhere)
{
	struct timeval tv = { 0, WAIT_MS * 1000 };

	if (strlen(socket_name) >= sizeof(post.to.sun_path))
		return;
	post.elsewhere = elsewhere;
	post.to = (struct sockaddr_un){ .sun_family = AF_UNIX };
	memcpy(post.to.sun_path, socket_name, strlen(socket_name) + 1);
	if (post.fd < 0 && (post.fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) >= 0)
		setsockopt(post.fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv));
	if (post.fd >= 0)
		connect_again(&post);
}

void
postlog_gather(bool thread)
{
	pthread_attr_t attr;
	pthread_t id;

	if (post.gather)
		return;
	if (thread) {
		pthread_attr_init(&attr);
		pthread_attr_setstacksize(&attr, FLUSHER_STACK);
		pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
		thread = pthread_create(&id, &attr, flusher, &post) == 0;
		pthread_attr_destroy(&attr);
		if (!thread)
			return; /* then each line goes at once */
	}
	post.thread = thread;
	post.gather = true;
	atexit(last_flush);
}
