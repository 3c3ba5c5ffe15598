/* SPDX-License-Identifier: Apache-2.0 */
/*
 * smtpload - SMTP load client for benchmarks (threads, blocking sockets).
 *
 * usage: smtpload [-s sessions] [-m messages] [-n msgs/connection] [-r rcpts]
 *                 [-l length] [-f from] [-t user@domain] [-D ndomains] [-u nusers]
 *                 [-T] [-P] [-q] [-x seconds] [-j journal] host:port
 *   -T  STARTTLS with TLS 1.3, a full handshake for each connection
 *   -P  pipeline MAIL/RCPT/DATA where the server offers it
 *   -q  connect, EHLO (and STARTTLS + EHLO), QUIT only: send no message
 *   -w  wait for the answer to QUIT
 *   -D  spread the recipients, or the messages of one recipient, over n domains (dI.domain)
 *   -u  the same with n users (userI@domain)
 *   -x  begin no message after this many seconds (default 300)
 *   -j  append a line "number yes|no|unknown" for each message that was begun: was it promised by 250?
 * Prints one JSON object.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static struct sockaddr_in dst;
static int sessions = 1, messages = 1, perconn = 1, nrcpt = 1, length = 4096;
static int use_tls, pipelining, quick, ndom, nuser, wait_quit, limit_s = 300;
static const char *from = "bench@client.example", *to = "rcpt@dest.example";
static char *body;
static size_t bodylen;
static SSL_CTX *ctx;
static atomic_long ticket, ok, fail, hs;
static atomic_int err_set;
static char err_text[256];
static double *lat;  /* latency per transaction, in ms */
static double *latc; /* connect to first reply, in ms */
static double t_stop;
static FILE *journal;

struct io {
	int fd;
	SSL *ssl;
	int pipelining; /* the server offers it */
	char buf[8192];
	int len, pos;
};

static double
now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

static void
note(const char *what, const char *text)
{
	if (atomic_exchange(&err_set, 1) == 0) {
		char *p;

		snprintf(err_text, sizeof(err_text), "%s: %.180s", what, text);
		for (p = err_text; *p; p++)
			if (*p == '"' || *p == '\\' || (unsigned char)*p < ' ')
				*p = ' ';
	}
}

static int
put(struct io *io, const char *p, size_t n)
{
	while (n > 0) {
		ssize_t r = io->ssl ? SSL_write(io->ssl, p, n) : send(io->fd, p, n, MSG_NOSIGNAL);

		if (r <= 0)
			return -1;
		p += r;
		n -= r;
	}
	return 0;
}

/* Read one (multi-line) reply; return its first digit or -1. */

static int
reply(struct io *io, const char *what, int want)
{
	char line[1024];
	int n = 0;

	for (;;) {
		if (io->pos == io->len) {
			int r = io->ssl ? SSL_read(io->ssl, io->buf, sizeof(io->buf))
					: (int)recv(io->fd, io->buf, sizeof(io->buf), 0);

			if (r <= 0) {
				note(what, r == 0 ? "connection closed" : strerror(errno));
				return -1;
			}
			io->len = r;
			io->pos = 0;
		}
		char ch = io->buf[io->pos++];

		if (ch == '\n') {
			line[n] = 0;
			if (n >= 14 && strncasecmp(line + 4, "PIPELINING", 10) == 0)
				io->pipelining = 1;
			if (n >= 4 && line[3] == '-') {
				n = 0;
				continue;
			}
			if (line[0] != want) {
				note(what, line);
				return -1;
			}
			return 0;
		}
		if (n < (int)sizeof(line) - 1)
			line[n++] = ch;
	}
}

/* The RCPT command of the i-th recipient of the given message. */

static void
rcpt_command(char *out, size_t n, long message, long i)
{
	const char *at = strchr(to, '@');
	long who = nrcpt > 1 ? i : message;
	char number[24] = "", domain[24] = "";

	if (nrcpt > 1 || nuser)
		snprintf(number, sizeof(number), "%ld", nuser ? who % nuser : who);
	if (ndom)
		snprintf(domain, sizeof(domain), "d%ld.", who % ndom);
	snprintf(out, n, "RCPT TO:<%.*s%s@%s%s>\r\n", (int)(at - to), to, number, domain, at + 1);
}

/* The whole envelope in one write, then its replies. */

static int
envelope_at_once(struct io *io, long message)
{
	size_t cap = 300 + nrcpt * 300, n;
	char *b = malloc(cap);
	int i;

	n = snprintf(b, cap, "MAIL FROM:<%s>\r\n", from);
	for (i = 0; i < nrcpt; i++) {
		rcpt_command(b + n, 300, message, i);
		n += strlen(b + n);
	}
	n += snprintf(b + n, cap - n, "DATA\r\n");
	i = put(io, b, n);
	free(b);
	if (i < 0 || reply(io, "MAIL", '2') < 0)
		return -1;
	for (i = 0; i < nrcpt; i++)
		if (reply(io, "RCPT", '2') < 0)
			return -1;
	return 0;
}

static int
envelope_in_turn(struct io *io, long message)
{
	char cmd[1200];
	int i;

	snprintf(cmd, sizeof(cmd), "MAIL FROM:<%s>\r\n", from);
	if (put(io, cmd, strlen(cmd)) < 0 || reply(io, "MAIL", '2') < 0)
		return -1;
	for (i = 0; i < nrcpt; i++) {
		rcpt_command(cmd, sizeof(cmd), message, i);
		if (put(io, cmd, strlen(cmd)) < 0 || reply(io, "RCPT", '2') < 0)
			return -1;
	}
	return put(io, "DATA\r\n", 6);
}

/* One write a line, so that threads do not mix theirs. */

static int
said(long message, const char *what, int result)
{
	if (journal)
		fprintf(journal, "%ld %s\n", message, what);
	return result;
}

static int
one_message(struct io *io, long message)
{
	int at_once = pipelining && io->pipelining;

	if ((at_once ? envelope_at_once(io, message) : envelope_in_turn(io, message)) < 0)
		return said(message, "no", -1);
	if (reply(io, "DATA", '3') < 0)
		return said(message, "no", -1);
	if (put(io, body, bodylen) < 0 || reply(io, ".", '2') < 0)
		return said(message, "unknown", -1);
	return said(message, "yes", 0);
}

static void *
worker(void *unused)
{
	struct io *io = malloc(sizeof(*io));
	int one = 1;

	for (;;) {
		long first = atomic_fetch_add(&ticket, perconn);
		int i, n = perconn;
		struct timeval tv = { 60, 0 };
		double t0;

		if (first >= messages || now() > t_stop)
			break;
		if (first + n > messages)
			n = messages - first;
		io->ssl = 0;
		io->len = io->pos = io->pipelining = 0;
		t0 = now();
		io->fd = socket(AF_INET, SOCK_STREAM, 0);
		setsockopt(io->fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
		setsockopt(io->fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv));
		setsockopt(io->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
		if (connect(io->fd, (struct sockaddr *)&dst, sizeof(dst)) < 0) {
			note("connect", strerror(errno));
			goto bad;
		}
		if (reply(io, "greeting", '2') < 0)
			goto bad;
		latc[first] = (now() - t0) * 1e3;
		if (put(io, "EHLO client.example\r\n", 21) < 0 || reply(io, "EHLO", '2') < 0)
			goto bad;
		if (use_tls) {
			if (put(io, "STARTTLS\r\n", 10) < 0 || reply(io, "STARTTLS", '2') < 0)
				goto bad;
			io->ssl = SSL_new(ctx);
			SSL_set_fd(io->ssl, io->fd);
			if (SSL_connect(io->ssl) != 1) {
				note("TLS", "handshake failed");
				goto bad;
			}
			if (!SSL_session_reused(io->ssl))
				hs++;
			if (put(io, "EHLO client.example\r\n", 21) < 0 || reply(io, "EHLO", '2') < 0)
				goto bad;
		}
		for (i = 0; i < n; i++) {
			double t1 = now();

			if (i && t1 > t_stop)
				break;
			if (!quick && one_message(io, first + i) < 0)
				goto bad_rest;
			lat[first + i] = (now() - (i ? t1 : t0)) * 1e3;
			ok++;
		}
		/* Many clients do not wait for the answer; -w does. */
		put(io, "QUIT\r\n", 6);
		if (wait_quit)
			reply(io, "QUIT", '2');
		if (io->ssl)
			SSL_free(io->ssl);
		close(io->fd);
		continue;
bad_rest:
		fail += n - i;
		if (io->ssl)
			SSL_free(io->ssl);
		close(io->fd);
		continue;
bad:
		fail += n;
		if (io->ssl)
			SSL_free(io->ssl);
		close(io->fd);
	}
	free(io);
	return unused;
}

static int
cmp(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static double
pct(double *v, long n, double p)
{
	return n ? v[(long)((n - 1) * p)] : 0;
}

int
main(int argc, char **argv)
{
	int ch, i;
	char *colon;
	double t0, el;
	pthread_t *th;
	pthread_attr_t at;
	long n, nc;

	while ((ch = getopt(argc, argv, "s:m:n:r:l:f:t:D:u:TPqwx:j:")) != -1) {
		switch (ch) {
		case 's':
			sessions = atoi(optarg);
			break;
		case 'm':
			messages = atoi(optarg);
			break;
		case 'n':
			perconn = atoi(optarg);
			break;
		case 'r':
			nrcpt = atoi(optarg);
			break;
		case 'l':
			length = atoi(optarg);
			break;
		case 'f':
			from = optarg;
			break;
		case 't':
			to = optarg;
			break;
		case 'D':
			ndom = atoi(optarg);
			break;
		case 'u':
			nuser = atoi(optarg);
			break;
		case 'T':
			use_tls = 1;
			break;
		case 'P':
			pipelining = 1;
			break;
		case 'q':
			quick = 1;
			break;
		case 'w':
			wait_quit = 1;
			break;
		case 'x':
			limit_s = atoi(optarg);
			break;
		case 'j':
			if ((journal = fopen(optarg, "a")) == NULL) {
				perror(optarg);
				return 2;
			}
			break;
		default:
			return 2;
		}
	}
	if (optind != argc - 1 || (colon = strrchr(argv[optind], ':')) == 0 || !strchr(to, '@') || messages < 1 ||
	    perconn < 1 || sessions < 1) {
		fprintf(stderr, "usage: %s [options] host:port\n", argv[0]);
		return 2;
	}
	*colon = 0;
	dst.sin_family = AF_INET;
	dst.sin_port = htons(atoi(colon + 1));
	if (inet_pton(AF_INET, argv[optind], &dst.sin_addr) != 1 || (ntohl(dst.sin_addr.s_addr) >> 24) != 127) {
		fprintf(stderr, "only loopback addresses are allowed\n");
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	body = malloc(length + length / 40 + 1000);
	bodylen = sprintf(body,
	    "From: <%s>\r\nTo: <%s>\r\nDate: Mon, 1 Jan 2024 00:00:00 +0000\r\n"
	    "Message-Id: <bench@client.example>\r\nSubject: benchmark\r\n\r\n",
	    from, to);
	for (i = 0; i < length; i++) {
		if (i % 80 == 78) {
			body[bodylen++] = '\r';
			body[bodylen++] = '\n';
			i++;
		} else
			body[bodylen++] = 'X';
	}
	memcpy(body + bodylen, "\r\n.\r\n", 5);
	bodylen += 5;
	lat = calloc(messages, sizeof(*lat));
	latc = calloc(messages, sizeof(*latc));
	if (use_tls) {
		ctx = SSL_CTX_new(TLS_client_method());
		SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION);
		SSL_CTX_set_verify(ctx, SSL_VERIFY_NONE, 0);
		SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	}
	th = calloc(sessions, sizeof(*th));
	pthread_attr_init(&at);
	pthread_attr_setstacksize(&at, 262144);
	t0 = now();
	t_stop = t0 + limit_s;
	for (i = 0; i < sessions; i++)
		pthread_create(&th[i], &at, worker, 0);
	for (i = 0; i < sessions; i++)
		pthread_join(th[i], 0);
	el = now() - t0;
	for (n = nc = i = 0; i < messages; i++) {
		if (lat[i] > 0)
			lat[n++] = lat[i];
		if (latc[i] > 0)
			latc[nc++] = latc[i];
	}
	qsort(lat, n, sizeof(*lat), cmp);
	qsort(latc, nc, sizeof(*latc), cmp);
	printf("{\"elapsed\": %.4f, \"ok\": %ld, \"fail\": %ld, \"rate\": %.2f, \"handshakes\": %ld, "
	       "\"lat_p50_ms\": %.2f, \"lat_p95_ms\": %.2f, \"lat_p99_ms\": %.2f, \"lat_max_ms\": %.2f, "
	       "\"greet_p50_ms\": %.2f, \"greet_max_ms\": %.2f, \"error\": \"%s\"}\n",
	    el, (long)ok, (long)fail, ok / el, (long)hs, pct(lat, n, .5), pct(lat, n, .95), pct(lat, n, .99),
	    pct(lat, n, 1), pct(latc, nc, .5), pct(latc, nc, 1), err_text);
	return fail ? 1 : 0;
}
