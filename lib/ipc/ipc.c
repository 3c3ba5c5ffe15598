/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/ipc/ipc.h"

#include "lib/base/log.h"
#include "lib/base/text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { USUAL = 500 }; /* bytes that most messages have room in */

struct hello {
	C_STR protocol;
	C_INT version;
};
static const struct field hello_rows[] = {
	{ "protocol", F_STR, offsetof(struct hello, protocol), NULL, 0, 0, 1, "protocol name" },
	{ "version", F_INT, offsetof(struct hello, version), NULL, 1, 1000, 1, "highest version" },
};
static const struct msg hello_msg = { "hello", "Who we are.", hello_rows, NITEMS(hello_rows), sizeof(struct hello), 1 };

struct ipc {
	struct conn *conn;
	const struct protocol *protocol;
	int version; /* the lower of both; 0: the other has not said hello */
	long timeout;
	bool current;  /* a message is at the front of the conn's input */
	size_t size;   /* its bytes, with the empty string at its end */
	size_t looked; /* input that was searched for the end already */
	char why[256];
};

static struct ipc *
start(struct conn *c, const struct protocol *p)
{
	struct ipc *i = mem_zero(1, sizeof(*i));

	i->conn = c;
	i->protocol = p;
	conn_accept_fds(c);
	ipc_send(i, &hello_msg, &(struct hello){ p->name, p->version });
	return i;
}

struct ipc *
ipc_begin(int fd, const struct protocol *p)
{
	return start(conn_new(fd), p);
}

struct ipc *
ipc_serve(struct conn *c, const struct protocol *p)
{
	return start(c, p);
}

static int
connect_unix(const char *path)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd, saved;

	if (strlen(path) >= sizeof(a.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(a.sun_path, path, strlen(path) + 1);
	if ((fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) < 0)
		return -1;
	while (connect(fd, (struct sockaddr *)&a, sizeof(a)) < 0) {
		if (errno == EINTR)
			continue;
		saved = errno;
		close(fd);
		errno = saved;
		return -1;
	}
	return fd;
}

void
ipc_free(struct ipc **ip)
{
	if (*ip == NULL)
		return;
	conn_free(&(*ip)->conn);
	free(*ip);
	*ip = NULL;
}

struct conn *
ipc_conn(struct ipc *i)
{
	return i->conn;
}

void
ipc_timeout(struct ipc *i, long seconds)
{
	i->timeout = seconds;
	conn_deadline(i->conn, seconds);
}

bool
ipc_met(const struct ipc *i)
{
	return i->version > 0;
}

bool
ipc_ok(const struct ipc *i)
{
	return conn_error(i->conn) == CONN_OK;
}

const char *
ipc_why(const struct ipc *i)
{
	return i->why[0] != '\0' ? i->why : conn_why(i->conn);
}

void
ipc_fail(struct ipc *i, const char *fmt, ...)
{
	va_list ap;

	if (!ipc_ok(i))
		return;
	va_start(ap, fmt);
	vsnprintf(i->why, sizeof(i->why), fmt, ap);
	va_end(ap);
	text_printable(i->why);
	conn_fail(i->conn, CONN_PROTOCOL);
}

void
ipc_send(struct ipc *i, const struct msg *m, const void *rec)
{
	int version = i->version > 0 ? i->version : i->protocol->version;
	struct buf b = BUF(IPC_MESSAGE_MAX);

	buf_room(&b, USUAL); /* once, and not in steps */
	buf_add(&b, m->name, strlen(m->name) + 1);
	record_put(&b, m->rows, m->n, rec, version);
	buf_putc(&b, '\0');
	if (!buf_ok(&b))
		ipc_fail(i, "message %s is too large to send", m->name);
	else
		conn_put(i->conn, b.s, b.len);
	buf_free(&b);
}

bool
ipc_flush(struct ipc *i)
{
	return conn_flush(i->conn);
}

/* Take the current message off the input. */
static void
forget(struct ipc *i)
{
	if (i->current)
		conn_eat(i->conn, i->size);
	i->current = false;
	i->size = i->looked = 0;
}

/*
 * Is a whole message buffered?  It ends at the first empty string: the
 * second of two NULs, as neither names nor fields are empty.
 */
static bool
whole(struct ipc *i)
{
	size_t n = conn_buffered(i->conn), from = i->looked > 0 ? i->looked - 1 : 0;
	const char *s, *end;

	if (n == 0)
		return false;
	s = conn_peek(i->conn, &n);
	if (s[0] == '\0') {
		ipc_fail(i, "not a message");
		return false;
	}
	if ((end = memmem(s + from, n - from, "\0", 2)) == NULL) {
		i->looked = n;
		if (n > IPC_MESSAGE_MAX)
			ipc_fail(i, "message is too long");
		return false;
	}
	i->size = (size_t)(end - s) + 2;
	if (i->size > IPC_MESSAGE_MAX) {
		ipc_fail(i, "message is too long");
		return false;
	}
	i->current = true;
	return true;
}

static bool
decode(struct ipc *i, const struct msg *m, int version, struct arena *mem, void *rec)
{
	size_t n, skip = strlen(m->name) + 1;
	const char *s = conn_peek(i->conn, &n), *why;

	if (!record_get(m->rows, m->n, s + skip, i->size - 1 - skip, version, mem, rec, &why)) {
		ipc_fail(i, "message %s: %s", m->name, why);
		return false;
	}
	return true;
}

static void
meet(struct ipc *i)
{
	struct arena mem = ARENA(8192);
	struct hello h;

	if (!ipc_is(i, &hello_msg))
		ipc_fail(i, "no hello");
	else if (decode(i, &hello_msg, 1, &mem, &h)) {
		if (strcmp(h.protocol, i->protocol->name) != 0)
			ipc_fail(i, "the other side speaks %s, not %s", h.protocol, i->protocol->name);
		else
			i->version = h.version < i->protocol->version ? (int)h.version : i->protocol->version;
	}
	arena_free(&mem);
	forget(i);
}

const char *
ipc_ready(struct ipc *i)
{
	size_t n;

	forget(i);
	while (ipc_ok(i) && whole(i)) {
		if (i->version > 0)
			return conn_peek(i->conn, &n);
		meet(i);
	}
	return NULL;
}

/* Read until the other side has said hello, and no further. */
static bool
hear_hello(struct ipc *i)
{
	while (ipc_ok(i) && i->version == 0) {
		if (whole(i))
			meet(i);
		else if (ipc_ok(i) && !conn_more(i->conn))
			return false;
	}
	return ipc_ok(i);
}

struct ipc *
ipc_connect(const char *path, const struct protocol *p, long timeout, struct verdict *why)
{
	int fd = connect_unix(path);
	struct ipc *i;

	if (fd < 0) {
		later(why, "4.3.0", "connect to service %s: %s", path, strerror(errno));
		return NULL;
	}
	i = ipc_begin(fd, p);
	ipc_timeout(i, timeout);
	/* With one version there is nothing to agree on, and nobody waits. */
	if (p->version > 1 && !hear_hello(i)) {
		later(why, "4.3.0", "service %s: %s", path, ipc_why(i));
		ipc_free(&i);
	}
	return i;
}

const char *
ipc_next(struct ipc *i)
{
	const char *name;

	if (i->timeout > 0)
		conn_deadline(i->conn, i->timeout);
	while ((name = ipc_ready(i)) == NULL) {
		if (!conn_more(i->conn)) {
			if (conn_error(i->conn) == CONN_OK)
				ipc_fail(i, "message is too long");
			return NULL;
		}
	}
	return name;
}

bool
ipc_is(const struct ipc *i, const struct msg *m)
{
	size_t n;

	return i->current && strcmp(conn_peek(i->conn, &n), m->name) == 0;
}

bool
ipc_get(struct ipc *i, const struct msg *m, struct arena *mem, void *rec)
{
	size_t n;

	if (!ipc_ok(i))
		return false;
	if (!ipc_is(i, m)) {
		ipc_fail(i, "unexpected message %.40s", i->current ? conn_peek(i->conn, &n) : "(none)");
		return false;
	}
	if (!decode(i, m, i->version, mem, rec))
		return false;
	forget(i);
	return true;
}

bool
ipc_read(struct ipc *i, const struct msg *m, struct arena *mem, void *rec)
{
	return ipc_next(i) != NULL && ipc_get(i, m, mem, rec);
}
