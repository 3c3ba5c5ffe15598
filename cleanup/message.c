/* SPDX-License-Identifier: Apache-2.0 */
#include "cleanup/message.h"

#include "lib/base/log.h"
#include "lib/base/text.h"
#include "lib/base/time.h"
#include "lib/mail/address.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

enum { HOPS_MAX = 1000000 };

void
message_begin(struct message *m, const struct cleanup *shared, const struct conf *cf, const char *id)
{
	*m = (struct message){ .shared = shared,
		.cf = cf,
		.mem = ARENA(MESSAGE_MEMORY),
		.words = ARENA(MESSAGE_WORDS),
		.rcpts = RCPTS,
		.fields = SPOOL(shared->incoming),
		.body = LINES };
	m->why = (struct verdict)VERDICT(&m->words);
	memcpy(m->id, id, strlen(id) + 1);
}

bool
message_good(const struct message *m)
{
	return m->why.fate == FATE_OK;
}

/* The disk is of use to others. */
void
message_failed(struct message *m)
{
	qfile_writer_free(&m->file);
	spool_free(&m->fields);
}

/* Log fields that a client chose: they cost no message, but they must be one line. */
static const char *
one_line(const char *s, struct arena *mem)
{
	char *copy;

	if (text_is_line(s))
		return s;
	copy = arena_str(mem, s);
	if (arena_ok(mem))
		text_printable(copy);
	return copy;
}

static void
clean_client(struct message *m)
{
	const char **const all[] = { &m->mail.client_name, &m->mail.client_addr, &m->mail.client_port,
		&m->mail.client_helo, &m->mail.protocol, &m->mail.login, &m->mail.login_method, &m->mail.service,
		&m->mail.full_name, &m->mail.received_by };

	for (size_t i = 0; i < NITEMS(all); i++)
		*all[i] = one_line(*all[i], &m->mem);
}

static bool
one_of(const char *s, const char *const *words)
{
	while (*words != NULL && strcmp(s, *words) != 0)
		words++;
	return *words != NULL;
}

static void
check_mail(struct message *m)
{
	static const char *const origins[] = { "network", "local", "bounce", "forward", "notice", NULL };
	static const char *const rets[] = { "", "FULL", "HDRS", NULL };
	static const char *const bodies[] = { "", "7BIT", "8BITMIME", NULL };
	const struct cleanup_mail *mail = &m->mail;

	if ((m->sender = envelope_address(m->cf, mail->sender, &m->mem)) == NULL)
		verdict_code(&m->why, 501, "5.1.7", "Error: bad sender address syntax");
	else if (!one_of(mail->origin, origins) || !one_of(mail->ret, rets) || !one_of(mail->body, bodies))
		verdict_code(&m->why, 501, "5.5.4", "Error: bad message options");
	else if (!text_is_line(mail->envid) || !text_is_line(mail->filter) || !text_is_line(mail->verp) ||
	    strlen(mail->envid) > ADDRESS_MAX || mail->hops < 0 || mail->hops > HOPS_MAX)
		verdict_code(&m->why, 501, "5.5.4", "Error: bad message options");
	m->ret = mail->ret;
	m->envid = mail->envid;
	m->filter = mail->filter;
}

/* queue_minfree, and what the client says that it will send. */
static bool
enough_space(const struct message *m)
{
	struct statvfs fs;
	unsigned long free_bytes;

	if (m->cf->queue_minfree <= 0 && m->mail.size_hint <= 0)
		return true;
	if (fstatvfs(m->shared->incoming, &fs) < 0)
		return true; /* then writing will tell */
	if (__builtin_mul_overflow(fs.f_bavail, fs.f_frsize, &free_bytes))
		return true;
	if (m->cf->queue_minfree > 0 && free_bytes < (unsigned long)m->cf->queue_minfree)
		return false;
	return m->mail.size_hint <= 0 || free_bytes >= (unsigned long)m->mail.size_hint;
}

void
message_start(struct message *m)
{
	long now = now_us();

	m->arrival_us = m->mail.arrival_us > 0 && m->mail.arrival_us <= now ? m->mail.arrival_us : now;
	clean_client(m);
	check_mail(m);
	if (message_good(m) && !enough_space(m)) {
		log_warn("not enough free space in the queue file system: message from <%s> refused", m->sender);
		later(&m->why, "4.3.1", "Insufficient system storage");
	}
	if (message_good(m))
		m->file = qfile_begin(m->shared->incoming, m->id);
}

void
message_end(struct message *m)
{
	message_failed(m);
	scan_free(&m->scan);
	edits_free(&m->edits);
	rcpts_free(&m->rcpts);
	free(m->attributes);
	arena_free(&m->mem);
	arena_free(&m->words);
	m->attributes = NULL;
}

void
message_rcpt(struct message *m, const struct cleanup_rcpt *rcpt)
{
	if (message_good(m) && rcpts_add(&m->rcpts, m->cf, rcpt, &m->mem, &m->why) != FATE_OK)
		message_failed(m);
}

void
message_attribute(struct message *m, const char *name, const char *value)
{
	if (!message_good(m))
		return;
	if ((long)m->nattributes >= m->cf->queue_file_attribute_count_limit) {
		never(&m->why, "5.6.0", "Error: too many message attributes");
	} else if (name[0] == '\0' || strchr(name, '=') != NULL || !text_is_line(name) || !text_is_line(value)) {
		never(&m->why, "5.6.0", "Error: bad message attribute");
	} else {
		m->attributes = mem_grow(m->attributes, m->nattributes + 1, sizeof(*m->attributes));
		m->attributes[m->nattributes++] = (struct qfile_attribute){ name, value };
		return;
	}
	message_failed(m);
}

/* ---- content ---- */

static void
keep_field(void *ctx, const char *text, size_t n)
{
	struct message *m = ctx;

	fields_add(&m->fields, text, n);
}

/* The writer tells why only at its commit. */
static void
body_failed(struct message *m)
{
	const struct qfile_content nothing = { .envelope = &(struct envelope){ .sender = "" }, .header = "" };

	qfile_commit(m->file, &nothing, &m->why);
	must_hold(!message_good(m));
	message_failed(m);
}

static void
store_body(void *ctx, const char *bytes, size_t n)
{
	struct message *m = ctx;

	if (!message_good(m))
		return;
	lines_add(&m->body, bytes, n);
	if (!qfile_body(m->file, bytes, n))
		body_failed(m);
}

static void
scan_anew(struct message *m)
{
	const struct scan_to to = { .field = keep_field, .body = store_body, .ctx = m };

	scan_free(&m->scan);
	scan_begin(&m->scan, &to, m->cf->header_size_limit, m->cf->cleanup_replace_stray_cr_lf);
	m->body = (struct lines)LINES;
}

void
message_content_begin(struct message *m)
{
	m->only_rcpt = m->rcpts.n == 1 ? m->rcpts.list[0].original : NULL;
	if (message_good(m))
		scan_anew(m);
}

void
message_body_again(struct message *m)
{
	if (!message_good(m))
		return;
	scan_anew(m);
	scan_body_only(&m->scan);
	qfile_body_again(m->file);
	m->received = spool_size(&m->fields);
}

void
message_content(struct message *m, const char *bytes, size_t n)
{
	if (!message_good(m))
		return;
	m->received += (long)n;
	if (m->cf->message_size_limit > 0 && m->received > m->cf->message_size_limit) {
		log_warn("%s: queue file size limit exceeded", m->id);
		never(&m->why, "5.3.4", "Error: message file too big");
		message_failed(m);
		return;
	}
	scan_feed(&m->scan, bytes, n);
	if (message_good(m) && spool_error(&m->fields) != 0)
		message_storage(m, spool_error(&m->fields), "keep the header");
}

void
message_content_end(struct message *m)
{
	if (!message_good(m))
		return;
	if (!scan_end(&m->scan))
		message_storage(m, ENOMEM, "keep the header");
	lines_end(&m->body);
}

void
message_storage(struct message *m, int error, const char *what)
{
	if (!message_good(m))
		return;
	log_warn("%s: %s: %s", m->id, what, strerror(error));
	if (error == ENOSPC || error == EDQUOT)
		later(&m->why, "4.3.1", "Insufficient system storage");
	else
		later(&m->why, "4.3.0", "Error: queue file write error");
	message_failed(m);
}

/* ---- edits ---- */

void
message_edited(struct message *m, const char *wrong)
{
	if (wrong == NULL || !message_good(m))
		return;
	later(&m->why, "4.3.0", "Error: %s", wrong);
	message_failed(m);
}

void
message_edit_sender(struct message *m, const struct cleanup_edit_sender *e)
{
	const char *sender = envelope_address(m->cf, e->sender, &m->mem);

	if (sender == NULL || !text_is_line(e->envid) || strlen(e->envid) > ADDRESS_MAX ||
	    (e->ret[0] != '\0' && strcmp(e->ret, "FULL") != 0 && strcmp(e->ret, "HDRS") != 0)) {
		message_edited(m, "bad sender in an edit");
		return;
	}
	m->sender = sender;
	if (e->ret[0] != '\0')
		m->ret = e->ret;
	if (e->envid[0] != '\0')
		m->envid = e->envid;
}

void
message_edit_rcpt_delete(struct message *m, const char *address)
{
	if (message_good(m))
		rcpts_remove(&m->rcpts, m->cf, address, &m->mem);
}

void
message_edit_filter(struct message *m, const char *destination)
{
	if (destination[0] == '\0' || !text_is_line(destination))
		message_edited(m, "bad content filter in an edit");
	m->filter = destination;
}

/* Reasons are for log and file. */
void
message_edit_hold(struct message *m, const char *reason)
{
	m->hold = reason[0] != '\0' ? one_line(reason, &m->mem) : "held";
}

void
message_edit_discard(struct message *m, const char *reason)
{
	m->discard = one_line(reason, &m->mem);
}

void
message_edit_redirect(struct message *m, const char *address)
{
	m->redirect = envelope_address(m->cf, address, &m->mem);
	if (m->redirect == NULL || m->redirect[0] == '\0')
		message_edited(m, "bad address to redirect to");
}
