/* SPDX-License-Identifier: Apache-2.0 */
#include "smtp/peer.h"

#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/text.h"
#include "lib/base/time.h"
#include "lib/net/reply.h"
#include "smtp/phase.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct peer *
new_peer(const struct target *t, const struct settings *s)
{
	struct peer *p = mem_zero(1, sizeof(*p));
	char host[ADDR_TEXT];
	const char *where = t->addr.sa.sa_family == AF_UNIX ? t->addr.un.sun_path : addr_host(&t->addr, host);

	p->settings = s;
	p->addr = t->addr;
	p->host = mem_str(t->name);
	p->name = mem_fmt("%s[%s]", t->name, where);
	p->relay = t->addr.sa.sa_family == AF_UNIX ? mem_str(p->name) : mem_fmt("%s:%d", p->name, addr_port(&t->addr));
	p->opened_ms = tick_ms();
	return p;
}

void
peer_free(struct peer **pp)
{
	struct peer *p = *pp;

	if (p == NULL)
		return;
	conn_free(&p->conn);
	free(p->host);
	free(p->name);
	free(p->relay);
	free(p->nexthop);
	free(p);
	*pp = NULL;
}

void
peer_quit(struct peer **pp)
{
	struct peer *p = *pp;
	struct reply r = REPLY;

	if (p != NULL && conn_error(p->conn) == CONN_OK && !p->leaving) {
		conn_deadline(p->conn, phase_timeout(PHASE_QUIT, p->settings));
		conn_puts(p->conn, "QUIT\r\n");
		if (conn_flush(p->conn) && !p->settings->skip_quit_response)
			reply_read(p->conn, &r);
	}
	reply_free(&r);
	peer_free(pp);
}

bool
peer_reusable(const struct peer *p, long now_ms)
{
	const struct settings *s = p->settings;

	return conn_error(p->conn) == CONN_OK && !p->leaving &&
	    now_ms - p->opened_ms < s->connection_reuse_time_limit * 1000 &&
	    (s->connection_reuse_count_limit == 0 || p->deliveries < s->connection_reuse_count_limit);
}

/* Can we bind to that address at all? */
static bool
can_bind(const struct addr *a)
{
	int fd = socket(a->sa.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool ok = fd >= 0 && bind(fd, &a->sa, a->len) == 0;
	int error = errno;

	if (fd >= 0)
		close(fd);
	errno = error;
	return ok;
}

/* The address to connect from; false: it cannot be used, and must be. */
static bool
own_address(const struct settings *s, const struct addr *to, struct addr *bind_to, bool *any, struct verdict *why)
{
	bool six = to->sa.sa_family == AF_INET6;
	const char *text = six ? s->bind_address6 : s->bind_address, *problem;

	*any = true;
	if (to->sa.sa_family == AF_UNIX || *text == '\0')
		return true;
	if (!addr_parse(bind_to, text, 0) || bind_to->sa.sa_family != to->sa.sa_family)
		problem = "bad address";
	else if (!can_bind(bind_to))
		problem = strerror(errno);
	else
		return !(*any = false);
	log_warn("%s_bind_address%s = %s: %s", s->lmtp ? "lmtp" : "smtp", six ? "6" : "", text, problem);
	if (s->bind_address_enforce)
		later(why, "4.4.0", "cannot use the address %s: %s", text, problem);
	return !s->bind_address_enforce;
}

struct peer *
peer_connect(const struct target *t, const struct settings *s, struct verdict *why)
{
	struct peer *p = new_peer(t, s);
	struct addr from;
	bool any;
	int fd;

	if (!own_address(s, &t->addr, &from, &any, why)) {
		peer_free(&p);
		return NULL;
	}
	if ((fd = addr_connect(&t->addr, any ? NULL : &from, s->connect_timeout * 1000, why)) < 0) {
		later(why, "4.4.1", "connect to %s: %s", p->relay,
		    errno == ETIMEDOUT ? "Connection timed out" : strerror(errno));
		peer_free(&p);
		return NULL;
	}
	p->conn = conn_new(fd);
	return p;
}

/* One command of the greeting; FATE_OK: a 2xx reply. */
static enum fate
ask(struct peer *p, enum phase phase, const char *verb, struct reply *r, struct verdict *why)
{
	conn_deadline(p->conn, phase_timeout(phase, p->settings));
	if (verb != NULL)
		conn_fmt(p->conn, "%s %s\r\n", verb, p->settings->helo_name);
	if (!reply_read(p->conn, r))
		return phase_lost(phase, p->conn, r, p->name, why);
	if (r->code == 421)
		p->leaving = true;
	return r->code / 100 == 2 ? FATE_OK : phase_refused(phase, r, p->host, p->name, why);
}

/* The other end is us: whoever routes mail to it would see it come back. */
static enum fate
check_myself(struct peer *p, const struct reply *r, const char *myself, struct verdict *why)
{
	if (p->settings->lmtp || myself == NULL || !offer_greets_as(buf_str(&r->text), myself))
		return FATE_OK;
	log_warn("host %s greeted me with my own name %s", p->name, myself);
	return later(why, "4.4.6", "host %s greeted me with my own name %s", p->name, myself);
}

static enum fate
say_helo(struct peer *p, const struct reply *greeting, const char *myself, struct reply *r, struct verdict *why)
{
	const struct settings *s = p->settings;
	bool extended = !s->never_ehlo && (s->always_ehlo || strstr(buf_str(&greeting->text), "ESMTP") != NULL);
	enum fate fate;

	if (s->lmtp)
		fate = ask(p, PHASE_LHLO, "LHLO", r, why);
	else if (extended)
		fate = ask(p, PHASE_EHLO, "EHLO", r, why);
	else
		fate = FATE_NEVER;
	if (fate == FATE_OK) {
		offer_parse(&p->offer, buf_str(&r->text), s->discard_keywords);
		return check_myself(p, r, myself, why);
	}
	/* A server of old that refuses EHLO; one that is in trouble is left alone. */
	if (s->lmtp || fate == FATE_LATER)
		return fate;
	if ((fate = ask(p, PHASE_HELO, "HELO", r, why)) != FATE_OK)
		return fate;
	return check_myself(p, r, myself, why);
}

/* smtp_skip_5xx_greeting: this host says never, but another one may say yes. */
static void
soften(struct verdict *v)
{
	v->fate = FATE_LATER;
	v->dsn[0] = '4';
	v->code = 451;
	v->action = "delayed";
}

enum fate
peer_greet(struct peer *p, const char *myself, struct verdict *why)
{
	struct reply greeting = REPLY, r = REPLY;
	enum fate fate = ask(p, PHASE_GREETING, NULL, &greeting, why);

	if (fate == FATE_NEVER && p->settings->skip_5xx_greeting) {
		soften(why);
		fate = FATE_LATER;
	} else if (fate == FATE_OK) {
		fate = say_helo(p, &greeting, myself, &r, why);
	}
	reply_free(&greeting);
	reply_free(&r);
	return fate;
}
