/* SPDX-License-Identifier: Apache-2.0 */
/* One recipient: make the plan, then do it. */
#include "agents/local/plan.h"
#include "lib/base/log.h"
#include "lib/base/text.h"
#include "lib/io/file.h"
#include "lib/mail/address.h"
#include "lib/mail/header.h"
#include "lib/mail/post.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { HEADER_LOOK = 1 << 20 };

/* What a mailbox or command sees before the header; RFC 5321 4.4 and Postfix's habits. */
static const char *
prefix_lines(struct attempt *a, const struct deliver_rcpt *r)
{
	const char *original = r->original[0] != '\0' ? r->original : r->address;

	return arena_fmt(a->mem, "Return-Path: <%s>\r\n%s%s%sDelivered-To: %s\r\n", a->request.sender,
	    a->cf->enable_original_recipient ? "X-Original-To: " : "", a->cf->enable_original_recipient ? original : "",
	    a->cf->enable_original_recipient ? "\r\n" : "", r->address);
}

/* command_expansion_filter: no byte that a shell would do something with, V-49's function bodies among them. */
static const char *
filtered(const char *value, const char *allowed, struct arena *mem)
{
	char *copy = arena_str(mem, value);

	for (char *s = copy; *s != '\0'; s++)
		if (strchr(allowed, *s) == NULL)
			*s = '_';
	return copy;
}

static const char *
environment(struct attempt *a, const struct deliver_rcpt *r, const char *extension)
{
	const char *keep = a->cf->command_expansion_filter, *local, *domain;
	struct arena *mem = a->mem;

	address_split(r->address, mem, &local, &domain);
	return arena_fmt(mem,
	    "SENDER=%s\nRECIPIENT=%s\nORIGINAL_RECIPIENT=%s\nLOCAL=%s\nDOMAIN=%s\nEXTENSION=%s\n"
	    "CLIENT_ADDRESS=%s\nCLIENT_HOSTNAME=%s\nCLIENT_HELO=%s\nCLIENT_PROTOCOL=%s\nSASL_USERNAME=%s\n",
	    filtered(a->request.sender, keep, mem), filtered(r->address, keep, mem), filtered(r->original, keep, mem),
	    filtered(local, keep, mem), filtered(domain != NULL ? domain : "", keep, mem),
	    filtered(extension, keep, mem), filtered(a->request.client_addr, keep, mem),
	    filtered(a->request.client_name, keep, mem), filtered(a->request.client_helo, keep, mem),
	    filtered(a->request.protocol, keep, mem), filtered(a->request.login, keep, mem));
}

/* *text: of the .forward file that is there, and nothing was delivered. */
static enum fate
do_step(struct attempt *a, const struct deliver_rcpt *r, const struct step *s, const char **text, struct verdict *why)
{
	struct local *l = a->state;
	struct stub_result got;
	struct stub_act act = {
		.user = s->user,
		.action = s->kind == STEP_COMMAND ? "command" : "maildir",
		.argument = s->argument,
		.unless = s->unless,
		.prefix = prefix_lines(a, r),
		.environment = s->kind == STEP_COMMAND ? environment(a, r, s->extension) : "",
		.header_at = a->request.header_at,
		.header_len = a->request.header_len,
		.body_at = a->request.body_at,
		.body_len = a->request.body_len,
		.time_limit = l->cf->command_time_limit,
	};

	if (s->kind == STEP_MAILBOX && !step_is_maildir(s->argument))
		return later(why, "4.3.5",
		    "only Maildir mailboxes are available here: set home_mailbox to a name that ends in /");
	if (!helpers_ask(l->helpers, &act, a->file, a->mem, &got, why))
		return why->fate;
	if (got.ignored[0] != '\0')
		log_warn("user %s: %s", s->user, got.ignored);
	if (s->unless != NULL && got.code < 400 && !got.absent)
		*text = got.content;
	if (strlen(got.dsn) >= sizeof(why->dsn))
		got.dsn = "4.3.0";
	return verdict_code(why, (int)got.code, got.dsn, "%s", got.text);
}

static enum fate
forward(struct attempt *a, const struct deliver_rcpt *r, const struct plan *p, struct verdict *why)
{
	struct deliver_request *q = &a->request;
	const char *queue_id = "";
	struct post *post;

	post = post_begin("public/cleanup",
	    &(struct cleanup_mail){ .sender = p->sender,
		.origin = "forward",
		.uid = -1,
		.body = q->body,
		.smtputf8 = q->smtputf8,
		.requiretls = q->requiretls,
		.service = "local" },
	    a->mem, why);
	if (post == NULL)
		return why->fate;
	for (size_t i = 0; i < p->n; i++)
		if (p->steps[i].kind == STEP_FORWARD)
			post_rcpt(post,
			    &(struct cleanup_rcpt){ .address = p->steps[i].argument,
				.original = p->steps[i].argument,
				.orcpt = r->orcpt,
				.notify = r->notify });
	post_fmt(post, "Delivered-To: %s\r\n", r->address);
	if (!post_file(post, a->file, q->header_at, (size_t)q->header_len)) {
		post_free(&post);
		return later(why, "4.3.0", "reading the message: %s", strerror(errno));
	}
	post_bytes(post, "\r\n", 2);
	post_file(post, a->file, q->body_at, (size_t)q->body_len);
	if (post_commit(&post, &queue_id, why) != FATE_OK)
		return why->fate;
	return fine(why, "2.0.0", "forwarded as %s", queue_id);
}

/* Our own Delivered-To in the header: it has been here before. */
static bool
loops(struct attempt *a, const char *address)
{
	size_t n = (size_t)a->request.header_len < HEADER_LOOK ? (size_t)a->request.header_len : HEADER_LOOK;
	struct header h = HEADER(HEADER_LOOK);
	char *bytes = mem_alloc(n + 1);
	struct header_field *f;
	bool found = false;

	if (file_pread_all(a->file, bytes, n, a->request.header_at) && header_parse(&h, bytes, n)) {
		for (size_t i = 1; !found && (f = header_find(&h, "Delivered-To", i)) != NULL; i++)
			found = text_same(text_trim(arena_str(a->mem, header_body(f, a->mem))), address);
	}
	header_free(&h);
	free(bytes);
	return found;
}

/* Forwards first, as one new message; then mailboxes and commands. */
static enum fate
do_steps(struct attempt *a, const struct deliver_rcpt *r, const struct plan *p, struct verdict *why)
{
	enum fate fate = FATE_OK;

	for (size_t i = 0; i < p->n; i++) {
		if (p->steps[i].kind == STEP_FORWARD) {
			if ((fate = forward(a, r, p, why)) != FATE_OK)
				return fate;
			break;
		}
	}
	/* Something that fails for good does not keep the others from theirs. */
	for (size_t i = 0; i < p->n; i++) {
		struct verdict v = VERDICT(a->mem);
		const char *text = NULL;

		if (p->steps[i].kind == STEP_FORWARD)
			continue;
		if (do_step(a, r, &p->steps[i], &text, &v) == FATE_LATER) {
			verdict_copy(why, &v);
			return FATE_LATER;
		}
		if (fate == FATE_OK)
			verdict_copy(why, &v);
		fate = v.fate != FATE_OK ? v.fate : fate;
	}
	return fate;
}

static enum fate
deliver_one(struct attempt *a, const struct deliver_rcpt *r, struct verdict *why)
{
	struct plan p = { .mem = a->mem, .sender = a->request.sender };
	const char *local, *domain, *text = NULL;
	enum fate fate;

	if (loops(a, r->address))
		return never(why, "5.4.6", "mail forwarding loop for %s", r->address);
	address_split(r->address, a->mem, &local, &domain);
	if ((fate = plan_make(a->state, &p, local, why)) != FATE_OK)
		return fate;
	if (p.n == 1 && p.steps[0].unless != NULL) {
		if ((fate = do_step(a, r, &p.steps[0], &text, why)) != FATE_OK || text == NULL)
			return fate;
		if ((fate = plan_forward(a->state, &p, text, why)) != FATE_OK)
			return fate;
	}
	return do_steps(a, r, &p, why);
}

void
local_deliver(struct attempt *a)
{
	struct local *l = a->state;

	a->relay = "local";
	for (size_t i = 0; i < a->n; i++) {
		struct verdict why = VERDICT(a->mem);

		deliver_one(a, &a->rcpts[i], &why);
		if (!arena_ok(a->mem))
			later(&why, "4.3.0", "delivery needs too much memory");
		agent_verdict(a, i, &why);
	}
	a->last = !helpers_ok(l->helpers);
}
