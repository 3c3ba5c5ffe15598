/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fake - servers that play a transcript, and a qmgr that asks for a delivery to them.
 *
 * A transcript is one string for each connection, one line each:
 *	S 220 text	say this
 *	C MAIL *	this must come (shell pattern)
 *	D		data up to the final dot must come; kept, dots as they were sent
 *	B 123		so many bytes must come; kept
 *	X bytes		say exactly this, no line end; \r \n \0 are understood
 *	close		hang up (also at the end of the transcript)
 *	wait		read until the client hangs up
 */
#ifndef TESTS_SMTP_FAKE_H
#define TESTS_SMTP_FAKE_H

#include "smtp/delivery.h"

#include "lib/base/log.h"
#include "lib/base/time.h"
#include "tests/support/test.h"

#include <errno.h>
#include <fnmatch.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* A transcript's usual parts. */
#define FAKE_GREET    "S 220 mx.test ESMTP\nC EHLO client.test\nS 250-mx.test\nS 250 PIPELINING\n"
#define FAKE_ALL_WELL "C MAIL *\nC RCPT *\nC DATA\nS 250 ok\nS 250 ok\nS 354 go\nD\nS 250 2.0.0 taken\n"
#define FAKE_BYE      "C QUIT\n"

/* No test uses all of it. */
#pragma GCC diagnostic ignored "-Wunused-function"

enum { FAKE_RCPTS = 8, FAKE_LINES = 1 << 16 };

struct fake_server {
	int listener, port;
	const char *const *transcripts; /* NULL at its end */
	pthread_t thread;
	int connections;
	char failure[600]; /* what did not go as the transcript says */
	struct buf data;
};

struct fake_result {
	struct deliver_verdict v[FAKE_RCPTS]; /* in the order in which they came */
	size_t n;
	struct deliver_done done;
	struct arena mem;
};

static struct buf fake_log = BUF(FAKE_LINES);

static bool
fake_log_sink(enum log_level level, const char *line)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

	(void)level;
	pthread_mutex_lock(&lock);
	buf_puts(&fake_log, line);
	buf_putc(&fake_log, '\n');
	pthread_mutex_unlock(&lock);
	return true;
}

/* ---- the server ---- */

static bool
fake_expect(struct fake_server *f, struct conn *c, const char *pattern)
{
	struct line l;

	if (!conn_line(c, 8192, &l)) {
		snprintf(f->failure, sizeof(f->failure), "wanted \"%s\", got %s", pattern, conn_why(c));
		return false;
	}
	if (fnmatch(pattern, l.s, 0) != 0) {
		snprintf(f->failure, sizeof(f->failure), "wanted \"%s\", got \"%.400s\"", pattern, l.s);
		return false;
	}
	return true;
}

static bool
fake_data(struct fake_server *f, struct conn *c)
{
	struct line l;

	buf_clear(&f->data);
	while (conn_line(c, 1 << 20, &l)) {
		if (strcmp(l.s, ".") == 0)
			return true;
		buf_add(&f->data, l.s, l.len);
		buf_puts(&f->data, l.flags & LINE_BARE_LF ? "\n" : "\r\n");
	}
	snprintf(f->failure, sizeof(f->failure), "in the data: %s", conn_why(c));
	return false;
}

static bool
fake_bytes(struct fake_server *f, struct conn *c, long n)
{
	char byte;

	buf_clear(&f->data);
	for (; n > 0; n--) {
		if (!conn_read(c, &byte, 1)) {
			snprintf(f->failure, sizeof(f->failure), "%ld bytes are missing", n);
			return false;
		}
		buf_add(&f->data, &byte, 1);
	}
	return true;
}

static void
fake_raw(struct conn *c, const char *s)
{
	for (; *s != '\0'; s++) {
		char byte = *s;

		if (byte == '\\' && s[1] != '\0')
			byte = *++s == 'r' ? '\r' : *s == 'n' ? '\n' : *s == '0' ? '\0' : *s;
		conn_put(c, &byte, 1);
	}
}

/* False: the end of the connection. */
static bool
fake_step(struct fake_server *f, struct conn *c, char *line)
{
	const char *rest = strlen(line) > 2 ? line + 2 : "";

	switch (*line) {
	case 'S':
		conn_fmt(c, "%s\r\n", rest);
		return true;
	case 'C':
		return fake_expect(f, c, rest);
	case 'D':
		return fake_data(f, c);
	case 'B':
		return fake_bytes(f, c, atol(rest));
	case 'X':
		fake_raw(c, rest);
		return true;
	case 'w':
		conn_flush(c);
		while (conn_more(c))
			;
		return false;
	default:
		return false;
	}
}

static void
fake_session(struct fake_server *f, int fd, const char *transcript)
{
	struct conn *c = conn_new(fd);
	char *copy = strdup(transcript), *save = NULL, *line = strtok_r(copy, "\n", &save);

	conn_deadline(c, 10);
	while (line != NULL && fake_step(f, c, line))
		line = strtok_r(NULL, "\n", &save);
	conn_flush(c);
	conn_free(&c);
	free(copy);
}

static void *
fake_serve(void *arg)
{
	struct fake_server *f = arg;
	int fd;

	while ((fd = accept(f->listener, NULL, NULL)) >= 0) {
		int n = f->connections++;

		if (*f->transcripts == NULL) {
			snprintf(f->failure, sizeof(f->failure), "connection %d is one too many", n + 1);
			close(fd);
			continue;
		}
		fake_session(f, fd, *f->transcripts++);
	}
	return NULL;
}

/* host: 127.0.0.x; port 0: any. */
static void
fake_start(struct fake_server *f, const char *host, int port, const char *const *transcripts)
{
	struct buf err = BUF(256);
	struct addr a;

	*f = (struct fake_server){ .transcripts = transcripts, .data = BUF(64 << 20) };
	assert_true(addr_parse(&a, host, port));
	f->listener = addr_listen(&a, 10, &err);
	assert_string_equal(buf_str(&err), "");
	assert_true(addr_of_self(&a, f->listener));
	f->port = addr_port(&a);
	assert_int_equal(pthread_create(&f->thread, NULL, fake_serve, f), 0);
}

static void
fake_stop(struct fake_server *f)
{
	shutdown(f->listener, SHUT_RDWR);
	pthread_join(f->thread, NULL);
	close(f->listener);
	if (*f->transcripts != NULL && f->failure[0] == '\0')
		snprintf(f->failure, sizeof(f->failure), "a connection did not come");
}

/* ---- the client ---- */

static const struct conf fake_conf = { .myhostname = "client.test",
	.inet_protocols = "ipv4",
	.ipc_timeout = 10,
	.daemon_timeout = 10,
	.connection_cache_ttl_limit = 2,
	.smtp_address_preference = "any",
	.smtp_bind_address = "",
	.smtp_bind_address6 = "",
	.smtp_connect_timeout = 5,
	.smtp_connection_cache_destinations = "",
	.smtp_connection_cache_on_demand = true,
	.smtp_connection_cache_time_limit = 2,
	.smtp_connection_reuse_time_limit = 300,
	.smtp_data_done_timeout = 1,
	.smtp_data_init_timeout = 1,
	.smtp_data_xfer_timeout = 5,
	.smtp_dns_support_level = "",
	.smtp_fallback_relay = "",
	.smtp_host_lookup = "native",
	.smtp_line_length_limit = 998,
	.smtp_mail_timeout = 1,
	.smtp_mx_address_limit = 5,
	.smtp_mx_session_limit = 2,
	.smtp_quit_timeout = 1,
	.smtp_rcpt_timeout = 1,
	.smtp_rset_timeout = 1,
	.smtp_skip_5xx_greeting = true,
	.smtp_skip_quit_response = true,
	.smtp_tls_security_level = "",
	.smtp_tls_policy_maps = "",
	.smtp_tls_per_site = "",
	.smtp_tcp_port = "25",
	.smtp_helo_name = "client.test",
	.smtp_helo_timeout = 1,
	.smtp_discard_ehlo_keywords = "",
	.smtp_always_send_ehlo = true,
	.lmtp_address_preference = "any",
	.lmtp_bind_address = "",
	.lmtp_bind_address6 = "",
	.lmtp_connect_timeout = 5,
	.lmtp_connection_cache_destinations = "",
	.lmtp_connection_cache_time_limit = 2,
	.lmtp_connection_reuse_time_limit = 300,
	.lmtp_data_done_timeout = 1,
	.lmtp_data_init_timeout = 1,
	.lmtp_data_xfer_timeout = 5,
	.lmtp_dns_support_level = "",
	.lmtp_fallback_relay = "",
	.lmtp_host_lookup = "native",
	.lmtp_line_length_limit = 998,
	.lmtp_mail_timeout = 1,
	.lmtp_mx_address_limit = 5,
	.lmtp_mx_session_limit = 2,
	.lmtp_quit_timeout = 1,
	.lmtp_rcpt_timeout = 1,
	.lmtp_rset_timeout = 1,
	.lmtp_skip_5xx_greeting = true,
	.lmtp_tls_security_level = "",
	.lmtp_tls_policy_maps = "",
	.lmtp_tls_per_site = "",
	.lmtp_tcp_port = "24",
	.lmtp_lhlo_name = "client.test",
	.lmtp_lhlo_timeout = 1,
	.lmtp_discard_lhlo_keywords = "" };

struct fake_client {
	struct conf cf;
	struct client client;
	struct worker worker;
};

/* Change c->cf and call again with fresh = false to load it. */
static void
fake_client(struct fake_client *c, bool lmtp, bool fresh)
{
	struct buf err = BUF(256);

	if (fresh) {
		c->cf = fake_conf;
		c->client = (struct client){ .port = 25, .protocols = ADDR_IPV4, .cache = cache_new() };
		assert_true(addr_own("203.0.113.1", "", "ipv4", &c->client.own, &err));
		c->worker = (struct worker){ .client = &c->client, .dns = DNS("/no/resolver", 1) };
	}
	settings_load(&c->client.settings, &c->cf, lmtp);
}

static void
fake_client_free(struct fake_client *c)
{
	cache_free(&c->client.cache);
	addr_set_free(&c->client.own);
	hosts_file_free(&c->client.hosts);
}

/* The hosts file that c has: names to many addresses.  Not every test has use for it. */
static void __attribute__((unused)) fake_hosts(struct fake_client *c, const char *text)
{
	char name[] = "/tmp/smtp_test.XXXXXX";
	struct buf err = BUF(256);
	int fd = mkstemp(name);

	assert_true(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	close(fd);
	c->client.hosts = hosts_file_load(name, &err);
	assert_non_null(c->client.hosts);
	unlink(name);
}

static int
fake_message(struct deliver_request *r, const char *header, const char *body, size_t body_len)
{
	char name[] = "/tmp/smtp_test.XXXXXX";
	int fd = mkstemp(name);

	assert_true(fd >= 0);
	unlink(name);
	assert_int_equal(pwrite(fd, body, body_len, 64), body_len);
	assert_int_equal(pwrite(fd, header, strlen(header), 64 + (off_t)body_len), strlen(header));
	r->body_at = 64;
	r->body_len = (long)body_len;
	r->header_at = 64 + (long)body_len;
	r->header_len = (long)strlen(header);
	return fd;
}

struct fake_run {
	struct session session;
	pthread_t thread;
};

static void *
fake_agent(void *arg)
{
	struct fake_run *r = arg;

	agent_session(&r->session, delivery_run);
	return NULL;
}

/* One request, from a qmgr that acknowledges it. */
static void
fake_deliver(struct fake_client *c, struct deliver_request *r, int file, const struct deliver_rcpt *rcpts, size_t n,
    struct fake_result *out)
{
	struct fake_run run = { 0 };
	struct conn *pair[2];
	struct ipc *i;

	*out = (struct fake_result){ .mem = ARENA(1 << 20) };
	assert_true(conn_pair(pair));
	run.session = (struct session){ .conn = pair[0], .cf = &c->cf, .service = "smtp", .state = &c->worker };
	assert_int_equal(pthread_create(&run.thread, NULL, fake_agent, &run), 0);
	i = ipc_serve(pair[1], &deliver_protocol);
	ipc_timeout(i, 30);
	conn_put_fd(ipc_conn(i), file);
	r->nrcpt = (long)n;
	r->arrival_us = r->active_us = now_us();
	deliver_request_send(i, r);
	for (size_t k = 0; k < n; k++)
		deliver_rcpt_send(i, &rcpts[k]);
	for (out->n = 0; ipc_next(i) != NULL && ipc_is(i, deliver_verdict_msg()); out->n++)
		assert_true(deliver_verdict_get(i, &out->mem, &out->v[out->n]));
	assert_true(deliver_done_get(i, &out->mem, &out->done));
	deliver_ack_send(i, &(struct deliver_ack){});
	ipc_flush(i);
	ipc_free(&i);
	pthread_join(run.thread, NULL);
	assert_int_equal(out->n, n);
}

#endif
