/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/service/agent.h"

#include "lib/base/log.h"
#include "lib/base/text.h"
#include "lib/base/time.h"
#include "lib/service/agent_inside.h"

#include <string.h>
#include <unistd.h>

/* A request larger than this is none of qmgr's. */
enum { ATTEMPT_MEMORY = 128 << 20, RCPTS_MAX = 1000000 };

static void
put_delays(struct buf *b, const struct agent_kept *k, const struct deliver_request *r, long now)
{
	long connected = k->connected_us != 0 ? k->connected_us : k->started_us;

	time_delay(b, now - r->arrival_us);
	buf_puts(b, ", delays=");
	time_delay(b, r->active_us - r->arrival_us);
	buf_putc(b, '/');
	time_delay(b, k->started_us - r->active_us);
	buf_putc(b, '/');
	time_delay(b, connected - k->started_us);
	buf_putc(b, '/');
	time_delay(b, now - connected);
}

static void
log_verdict(const struct attempt *a, size_t i, const struct verdict *v)
{
	const struct deliver_rcpt *r = &a->rcpts[i];
	static const char *const words[] = { [FATE_OK] = "sent", [FATE_LATER] = "deferred", [FATE_NEVER] = "bounced" };
	const char *status = v->fate == FATE_NEVER && a->cf->soft_bounce ? "SOFTBOUNCE" : words[v->fate];
	bool renamed = *r->original != '\0' && !text_same(r->original, r->address);
	struct buf delays = BUF(256);

	put_delays(&delays, a->kept, &a->request, now_us());
	log_info("%s: to=<%s>%s%s%s, relay=%s, delay=%s, dsn=%s, status=%s (%s)", a->request.queue_id, r->address,
	    renamed ? ", orig_to=<" : "", renamed ? r->original : "", renamed ? ">" : "", a->relay, buf_str(&delays),
	    v->dsn, status, v->text);
	buf_free(&delays);
}

void
agent_verdict(struct attempt *a, size_t i, const struct verdict *v)
{
	struct agent_kept *k = a->kept;
	struct deliver_verdict *d;

	must_hold(i < a->n && !agent_decided(a, i));
	log_verdict(a, i, v);
	d = &k->verdicts[i];
	*d = (struct deliver_verdict){ .number = a->rcpts[i].number,
		.code = v->code,
		.dsn = arena_str(a->mem, v->dsn),
		.action = arena_str(a->mem, v->action),
		.text = arena_str(a->mem, v->text),
		.mta = arena_str(a->mem, v->mta),
		.mta_type = arena_str(a->mem, v->mta_type),
		.diag = arena_str(a->mem, v->diag),
		.diag_type = arena_str(a->mem, v->diag_type) };
	k->decided++;
	deliver_verdict_send(k->ipc, d);
	/* The last one leaves together with deliver_done. */
	if (!a->gather && k->decided < a->n)
		agent_flush(a);
}

void
agent_verdict_rest(struct attempt *a, const struct verdict *v)
{
	for (size_t i = 0; i < a->n; i++)
		if (!agent_decided(a, i))
			agent_verdict(a, i, v);
}

bool
agent_decided(const struct attempt *a, size_t i)
{
	return a->kept->verdicts[i].code != 0;
}

void
agent_flush(struct attempt *a)
{
	/* A qmgr that is gone or does not read is noticed where the ack is waited for. */
	ipc_flush(a->kept->ipc);
}

void
agent_connected(struct attempt *a)
{
	a->kept->connected_us = now_us();
}

void
agent_site_down(struct attempt *a, const struct verdict *v)
{
	a->kept->done = (struct deliver_done){
		.site_down = true, .site_dsn = arena_str(a->mem, v->dsn), .site_text = arena_str(a->mem, v->text)
	};
}

/* The request that came, its descriptor and its recipients; false: end of the connection or error (ipc_why). */
static bool
read_request(struct ipc *i, struct attempt *a)
{
	struct deliver_rcpt *rcpts;

	if (!deliver_request_get(i, a->mem, &a->request))
		return false;
	a->kept->started_us = now_us();
	if (a->request.nrcpt < 1 || a->request.nrcpt > RCPTS_MAX) {
		ipc_fail(i, "a request for %ld recipients", a->request.nrcpt);
		return false;
	}
	if ((a->file = conn_take_fd(ipc_conn(i))) < 0) {
		ipc_fail(i, "a request without a message");
		return false;
	}
	a->n = (size_t)a->request.nrcpt;
	rcpts = arena_alloc(a->mem, a->n * sizeof(*rcpts));
	a->kept->verdicts = arena_alloc(a->mem, a->n * sizeof(*a->kept->verdicts));
	if (!arena_ok(a->mem)) {
		ipc_fail(i, "a request for too many recipients");
		return false;
	}
	for (size_t n = 0; n < a->n; n++)
		if (!deliver_rcpt_read(i, a->mem, &rcpts[n]))
			return false;
	a->rcpts = rcpts;
	return true;
}

/* An idle connection waits for its next request as long as qmgr likes; what belongs to one comes at once. */
static bool
next_request(struct ipc *i, struct attempt *a)
{
	ipc_timeout(i, 0);
	if (ipc_next(i) == NULL)
		return false;
	ipc_timeout(i, a->cf->ipc_timeout);
	return read_request(i, a);
}

/* The lock of a message that got its file meanwhile: kept like the descriptor of the request, until all is over. */
static bool
take_lock(struct ipc *i, struct attempt *a)
{
	struct deliver_lock none;

	if (!deliver_lock_get(i, a->mem, &none) || a->kept->lock >= 0)
		return false;
	a->kept->lock = conn_take_fd(ipc_conn(i));
	return true;
}

static bool
acknowledged(struct ipc *i, struct attempt *a)
{
	struct deliver_ack ack;
	bool ok;

	deliver_done_send(i, &a->kept->done);
	while ((ok = ipc_next(i) != NULL) && deliver_lock_is(i))
		if (!take_lock(i, a))
			return false;
	return ok && deliver_ack_get(i, a->mem, &ack);
}

/* A process that is asked to end hands what comes back untried; another one has it at once. */
static void
hand_back(struct attempt *a)
{
	for (size_t i = 0; i < a->n; i++) {
		a->kept->verdicts[i] = (struct deliver_verdict){ .number = a->rcpts[i].number,
			.code = 451,
			.dsn = "4.3.2",
			.action = "delayed",
			.text = "delivery agent is ending",
			.retry_at_once = true };
		deliver_verdict_send(a->kept->ipc, &a->kept->verdicts[i]);
	}
}

/* One request from its start to the point where somebody else has its verdicts; false: the connection is over. */
static bool
serve_one(struct ipc *i, const struct session *s, agent_deliver *deliver)
{
	struct arena mem = ARENA(ATTEMPT_MEMORY);
	struct agent_kept kept = { .ipc = i, .lock = -1 };
	struct attempt a = { .cf = s->cf,
		.service = s->service,
		.state = s->state,
		.file = -1,
		.mem = &mem,
		.relay = "none",
		.kept = &kept };
	bool ok = next_request(i, &a);

	service_alive(); /* a session is many requests */
	if (ok && service_ending()) {
		hand_back(&a);
		acknowledged(i, &a);
		ok = false;
	} else if (ok) {
		log_doing("delivery of %s to %s", a.request.queue_id, a.request.nexthop);
		deliver(&a);
		must_hold(kept.decided == a.n);
		if (!(ok = acknowledged(i, &a)))
			agent_offer(&a);
		ok = ok && !a.last;
		log_doing("waiting for a request");
	}
	if (a.file >= 0)
		close(a.file);
	if (kept.lock >= 0)
		close(kept.lock);
	arena_free(&mem);
	return ok;
}

void
agent_session(struct session *s, agent_deliver *deliver)
{
	struct ipc *i = ipc_serve(s->conn, &deliver_protocol);

	s->conn = NULL;
	while (serve_one(i, s, deliver))
		;
	if (!ipc_ok(i) && conn_error(ipc_conn(i)) != CONN_EOF)
		log_warn("request from the queue manager: %s", ipc_why(i));
	ipc_free(&i);
}
