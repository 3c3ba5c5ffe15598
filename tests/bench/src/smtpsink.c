/* SPDX-License-Identifier: Apache-2.0 */
/*
 * smtpsink - counting SMTP sink for benchmarks (epoll, single thread).
 *
 * Accepts everything and throws it away.  Counters live in a shared mmap'ed
 * file, so that the harness can poll them without costing the sink a
 * system call per message.
 *
 * usage: smtpsink -p port [-a addr] [-N n] -f statfile [-t] [-q] [-d ms] [-j journal]
 *   -N n   listen also on n further loopback addresses: 127.0.1.1 to 127.0.1.250, 127.0.2.1, ...
 *   -t     answer 451 to every MAIL FROM (temporary failure)
 *   SIGUSR1 switches between 451 for recipients whose names begin with "defer" (at first) and 250 for them, too
 *   -q     set TCP_QUICKACK (hides the stall of a client that writes the final
 *          "." apart from the message without TCP_NODELAY)
 *   -d ms  delay (milliseconds) before the answer to "."
 *   -j f   append a line "seconds address" for each recipient of what was taken (monotonic time)
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

struct stats { /* little-endian u64s, read by the harness */
	uint64_t conns, msgs, rcpts, bytes, cur, maxcur, first_ns, last_ns;
};

struct conn {
	int fd;
	int in_data;
	int rcpts;
	int quit;
	int listening;
	size_t len;
	uint64_t mbytes;
	uint64_t due;
	struct conn *next;
	size_t nnames;
	char names[8192]; /* of the recipients, for the journal, each with a line end */
	char buf[65536 + 8];
};

static struct stats *st;
static struct conn *dq_head, *dq_tail;
static int tempfail, delay_ms, quickack, ep;
static volatile sig_atomic_t takes_deferred;
static FILE *journal;

static void
switch_deferred(int sig)
{
	(void)sig;
	takes_deferred = !takes_deferred;
}

static uint64_t
now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000ull + ts.tv_nsec;
}

static void
say(struct conn *c, const char *s, size_t n)
{
	if (write(c->fd, s, n) < 0)
		c->quit = 1;
}

#define SAY(c, lit) say((c), (lit), sizeof(lit) - 1)

static void
keep_name(struct conn *c, const char *line, size_t n)
{
	const char *begin = memchr(line, '<', n), *end = memchr(line, '>', n);

	if (!journal || !begin || !end || c->nnames + n >= sizeof(c->names))
		return;
	memcpy(c->names + c->nnames, begin + 1, end - begin - 1);
	c->nnames += end - begin;
	c->names[c->nnames - 1] = '\n';
}

/* Written before the answer: what was promised to the client is in the journal. */

static void
write_journal(struct conn *c, uint64_t t)
{
	for (char *p = c->names, *e; p < c->names + c->nnames && (e = memchr(p, '\n', c->names + c->nnames - p));
	     p = e + 1)
		fprintf(journal, "%.6f %.*s\n", t / 1e9, (int)(e - p), p);
	fflush(journal);
}

static void
msg_done(struct conn *c)
{
	uint64_t t = now_ns();

	if (journal)
		write_journal(c, t);
	st->msgs++;
	st->rcpts += c->rcpts;
	st->bytes += c->mbytes;
	if (st->first_ns == 0)
		st->first_ns = t;
	st->last_ns = t;
	c->rcpts = 0;
}

/* Consume what can be consumed from the buffer; replies are gathered. */

static void
feed(struct conn *c)
{
	char out[8192];
	size_t on = 0, pos = 0;

#define PUT(lit)                                                                                                       \
	do {                                                                                                           \
		if (on + sizeof(lit) > sizeof(out)) {                                                                  \
			say(c, out, on);                                                                               \
			on = 0;                                                                                        \
		}                                                                                                      \
		memcpy(out + on, lit, sizeof(lit) - 1);                                                                \
		on += sizeof(lit) - 1;                                                                                 \
	} while (0)

	while (pos < c->len && !c->quit) {
		char *p = c->buf + pos;
		size_t left = c->len - pos;

		if (c->in_data) {
			char *e;

			/* in_data 2: at start of the data (a lone "." line may come first) */
			if (c->in_data == 2) {
				if (left < 3)
					break;
				if (memcmp(p, ".\r\n", 3) == 0) {
					c->in_data = 0;
					pos += 3;
					msg_done(c);
					PUT("250 2.0.0 Ok\r\n");
					continue;
				}
				c->in_data = 1;
			}
			e = memmem(p, left, "\r\n.\r\n", 5);
			if (e == 0) {
				size_t keep = left < 4 ? left : 4;

				c->mbytes += left - keep;
				pos += left - keep;
				break;
			}
			c->mbytes += e - p + 2;
			pos += e - p + 5;
			c->in_data = 0;
			if (delay_ms) {
				c->due = now_ns() + delay_ms * 1000000ull;
				c->next = 0;
				if (dq_tail)
					dq_tail->next = c;
				else
					dq_head = c;
				dq_tail = c;
				c->in_data = 3; /* parked */
				break;
			}
			msg_done(c);
			PUT("250 2.0.0 Ok\r\n");
			continue;
		} else {
			char *nl = memchr(p, '\n', left);

			if (nl == 0) {
				if (left >= 60000)
					c->quit = 1;
				break;
			}
			pos += nl - p + 1;
			if (strncasecmp(p, "EHLO", 4) == 0 || strncasecmp(p, "LHLO", 4) == 0) {
				PUT("250-sink\r\n250-PIPELINING\r\n250-SIZE 0\r\n250-ENHANCEDSTATUSCODES\r\n"
				    "250-DSN\r\n250 8BITMIME\r\n");
			} else if (strncasecmp(p, "HELO", 4) == 0) {
				PUT("250 sink\r\n");
			} else if (strncasecmp(p, "MAIL", 4) == 0) {
				c->rcpts = 0;
				c->nnames = 0;
				if (tempfail)
					PUT("451 4.3.0 try later\r\n");
				else
					PUT("250 2.1.0 Ok\r\n");
			} else if (strncasecmp(p, "RCPT", 4) == 0) {
				if (tempfail || (!takes_deferred && strncasecmp(p + 4, " TO:<defer", 10) == 0))
					PUT("451 4.3.0 try later\r\n");
				else {
					c->rcpts++;
					keep_name(c, p, nl - p);
					PUT("250 2.1.5 Ok\r\n");
				}
			} else if (strncasecmp(p, "DATA", 4) == 0) {
				if (c->rcpts == 0)
					PUT("554 5.5.1 no valid recipients\r\n");
				else {
					c->in_data = 2;
					c->mbytes = 0;
					PUT("354 go ahead\r\n");
				}
			} else if (strncasecmp(p, "QUIT", 4) == 0) {
				PUT("221 2.0.0 Bye\r\n");
				c->quit = 1;
			} else {
				PUT("250 2.0.0 Ok\r\n");
			}
		}
	}
	if (on)
		say(c, out, on);
	if (pos) {
		memmove(c->buf, c->buf + pos, c->len - pos);
		c->len -= pos;
	}
}

static void
drop(struct conn *c)
{
	close(c->fd);
	st->cur--;
	free(c);
}

static void
greet_new(int lfd)
{
	struct epoll_event ev = { .events = EPOLLIN };
	int fd, k, one = 1;

	for (k = 0; k < 64 && (fd = accept4(lfd, 0, 0, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0; k++) {
		struct conn *c = malloc(sizeof(*c));

		memset(c, 0, offsetof(struct conn, buf));
		c->fd = fd;
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
		st->conns++;
		if (++st->cur > st->maxcur)
			st->maxcur = st->cur;
		SAY(c, "220 sink ESMTP\r\n");
		ev.data.ptr = c;
		epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev);
	}
}

static void
serve(struct conn *c)
{
	ssize_t r;
	int one = 1;

	if (c->in_data == 3) /* parked until the timer; gone meanwhile: its write fails */
		return;
	r = read(c->fd, c->buf + c->len, 65536 - c->len);
	if (r <= 0) {
		if (r == 0 || errno != EAGAIN)
			drop(c);
		return;
	}
	c->len += r;
	if (quickack)
		setsockopt(c->fd, IPPROTO_TCP, TCP_QUICKACK, &one, sizeof(one));
	feed(c);
	if (c->quit)
		drop(c);
}

static void
finish_parked(void)
{
	while (dq_head && dq_head->due <= now_ns()) {
		struct conn *c = dq_head;

		if ((dq_head = c->next) == 0)
			dq_tail = 0;
		c->in_data = 0;
		msg_done(c);
		SAY(c, "250 2.0.0 Ok\r\n");
		feed(c);
	}
}

static void
listen_on(struct in_addr addr, int port)
{
	struct sockaddr_in sin = { .sin_family = AF_INET, .sin_port = htons(port), .sin_addr = addr };
	struct epoll_event ev = { .events = EPOLLIN };
	struct conn *c = calloc(1, sizeof(*c));
	int one = 1;

	c->listening = 1;
	c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	setsockopt(c->fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(c->fd, (struct sockaddr *)&sin, sizeof(sin)) < 0 || listen(c->fd, 4096) < 0) {
		perror("bind/listen");
		exit(1);
	}
	ev.data.ptr = c;
	epoll_ctl(ep, EPOLL_CTL_ADD, c->fd, &ev);
}

static void
open_stats(const char *name)
{
	int fd = open(name, O_RDWR | O_CREAT, 0644);

	if (fd < 0 || ftruncate(fd, 4096) < 0 ||
	    (st = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0)) == MAP_FAILED) {
		perror(name);
		exit(1);
	}
	memset(st, 0, sizeof(*st));
}

static void
loop(void)
{
	struct epoll_event evs[256];

	for (;;) {
		int n, i, tmo = -1;

		if (dq_head) {
			uint64_t t = now_ns();

			tmo = dq_head->due <= t ? 0 : (int)((dq_head->due - t) / 1000000 + 1);
		}
		n = epoll_wait(ep, evs, 256, tmo);
		finish_parked();
		for (i = 0; i < n; i++) {
			struct conn *c = evs[i].data.ptr;

			if (c->listening)
				greet_new(c->fd);
			else
				serve(c);
		}
	}
}

int
main(int argc, char **argv)
{
	int ch, i, more = 0, port = 0;
	const char *addr = "127.0.0.1", *statf = 0;
	struct in_addr in;
	struct rlimit rl;

	while ((ch = getopt(argc, argv, "p:a:N:f:tqd:j:")) != -1) {
		if (ch == 'p')
			port = atoi(optarg);
		else if (ch == 'a')
			addr = optarg;
		else if (ch == 'N')
			more = atoi(optarg);
		else if (ch == 'f')
			statf = optarg;
		else if (ch == 't')
			tempfail = 1;
		else if (ch == 'q')
			quickack = 1;
		else if (ch == 'd')
			delay_ms = atoi(optarg);
		else if (ch == 'j') {
			if ((journal = fopen(optarg, "a")) == NULL) {
				perror(optarg);
				return 1;
			}
		} else
			return 2;
	}
	if (!port || !statf || inet_pton(AF_INET, addr, &in) != 1) {
		fprintf(
		    stderr, "usage: %s -p port [-a addr] [-N n] -f statfile [-t] [-q] [-d ms] [-j journal]\n", argv[0]);
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	signal(SIGUSR1, switch_deferred);
	if (getrlimit(RLIMIT_NOFILE, &rl) == 0) {
		rl.rlim_cur = rl.rlim_max;
		setrlimit(RLIMIT_NOFILE, &rl);
	}
	open_stats(statf);
	ep = epoll_create1(0);
	listen_on(in, port);
	for (i = 0; i < more; i++) {
		in.s_addr = htonl(0x7f000000 | (1 + i / 250) << 8 | (1 + i % 250));
		listen_on(in, port);
	}
	loop();
}
