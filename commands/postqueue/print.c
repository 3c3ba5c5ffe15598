/* SPDX-License-Identifier: Apache-2.0 */
/* The queue for people, in the columns that scripts know, and as JSON lines. */
#include "commands/postqueue/postqueue.h"

#include "lib/base/json.h"
#include "lib/base/log.h"
#include "lib/base/text.h"
#include "lib/ipc/showq.h"
#include "lib/mail/queuelist.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
	ANSWER_SECONDS = 3600,
	MEMORY = 4 << 20,
	REASON_WIDTH = 78,
	RCPT_COLUMN = 47,
	ID_WIDTH = 17,
	OUTPUT_BUFFER = 65536
};

struct listing {
	bool json;
	struct json out;
	long messages, octets;
	long left;	   /* recipients of the current message that have not come yet */
	struct buf reason; /* that was printed last for this message */
};

/* On a terminal a stranger's control character is none. */
static void
put_plain(const char *s)
{
	while (*s != '\0') {
		const char *start = s;

		while ((unsigned char)*s >= ' ' && *s != 127)
			s++;
		fwrite(start, 1, (size_t)(s - start), stdout);
		if (*s != '\0') {
			putchar('?');
			s++;
		}
	}
}

static const char *
sender_of(const struct showq_message *m)
{
	return m->sender[0] != '\0' ? m->sender : "MAILER-DAEMON";
}

/* "4g9x...!": active, on hold, expired by force. */
static char
mark_of(const struct showq_message *m)
{
	if (strcmp(m->queue, "active") == 0)
		return '*';
	if (strcmp(m->queue, "hold") == 0)
		return '!';
	return m->forced_expire ? '#' : ' ';
}

static void
plain_message(const struct listing *l, const struct showq_message *m)
{
	char when[32] = "", id[64];
	time_t t = m->arrival;
	struct tm tm;

	if (l->messages == 0)
		puts("----Queue ID----- --Size-- ---Arrival Time---- --Sender/Recipient------");
	if (localtime_r(&t, &tm) != NULL)
		strftime(when, sizeof(when), "%a %b %e %H:%M:%S", &tm);
	snprintf(id, sizeof(id), "%.40s%c", m->queue_id, mark_of(m));
	printf("%-*s %8ld %s ", ID_WIDTH, id, m->size, when);
	put_plain(sender_of(m));
	putchar('\n');
}

static void
json_message(struct listing *l, const struct showq_message *m)
{
	struct json *j = &l->out;

	json_object(j, NULL);
	json_text(j, "queue_name", m->queue);
	json_text(j, "queue_id", m->queue_id);
	json_number(j, "arrival_time", m->arrival);
	json_number(j, "message_size", m->size);
	json_bool(j, "forced_expire", m->forced_expire);
	if (m->next_attempt > 0)
		json_number(j, "next_attempt", m->next_attempt);
	json_text(j, "sender", sender_of(m));
	json_array(j, "recipients");
}

static void
end_message(struct listing *l)
{
	if (!l->json) {
		puts("");
		return;
	}
	json_end(&l->out);
	json_end(&l->out);
}

static bool
on_message(void *ctx, const struct showq_message *m)
{
	struct listing *l = ctx;

	if (l->json)
		json_message(l, m);
	else
		plain_message(l, m);
	l->messages++;
	l->octets += m->size;
	l->left = m->nrcpt;
	buf_clear(&l->reason);
	if (l->left == 0)
		end_message(l);
	return ferror(stdout) == 0;
}

/* Recipients with the same reason stand below it. */
static void
plain_rcpt(struct listing *l, const struct showq_rcpt *r)
{
	if (strcmp(buf_str(&l->reason), r->reason) != 0) {
		buf_clear(&l->reason);
		buf_puts(&l->reason, r->reason);
		if (r->reason[0] != '\0') {
			int width = (int)strlen(r->reason) + 2;

			printf("%*s(", width < REASON_WIDTH ? REASON_WIDTH - width : 0, "");
			put_plain(r->reason);
			puts(")");
		}
	}
	printf("%*s", RCPT_COLUMN, "");
	put_plain(r->address);
	putchar('\n');
}

static void
json_rcpt(struct listing *l, const struct showq_rcpt *r)
{
	json_object(&l->out, NULL);
	json_text(&l->out, "address", r->address);
	if (r->reason[0] != '\0')
		json_text(&l->out, "delay_reason", r->reason);
	json_end(&l->out);
}

static bool
on_rcpt(void *ctx, const struct showq_rcpt *r)
{
	struct listing *l = ctx;

	if (l->json)
		json_rcpt(l, r);
	else
		plain_rcpt(l, r);
	if (--l->left == 0)
		end_message(l);
	return ferror(stdout) == 0;
}

static void
print_sum(const struct listing *l)
{
	if (l->json)
		return;
	if (l->messages == 0)
		puts("Mail queue is empty");
	else
		printf("-- %ld Kbytes in %ld Request%s.\n", l->octets / 1024, l->messages, l->messages == 1 ? "" : "s");
}

/* What showq says; false: it broke off. */
static bool
read_listing(struct ipc *i, const struct queue_lister *to)
{
	struct arena mem = ARENA(MEMORY);
	struct showq_message m;
	struct showq_rcpt r;
	bool ok = true;

	showq_list_send(i, &(struct showq_list){ .queue_id = "" });
	while (ok && ipc_next(i) != NULL && showq_message_is(i)) {
		ok = showq_message_get(i, &mem, &m) && to->message(to->ctx, &m);
		for (long n = m.nrcpt; ok && n > 0; n--) {
			arena_reset(&mem);
			ok = showq_rcpt_read(i, &mem, &r) && to->rcpt(to->ctx, &r);
		}
		arena_reset(&mem);
	}
	ok = ok && ipc_ok(i) && showq_end_get(i, &mem, &(struct showq_end){});
	arena_free(&mem);
	return ok;
}

/* Who may read the files (root, or the owner of it all) needs no showq. */
static bool
may_read_files(void)
{
	return access("deferred", R_OK | X_OK) == 0 && access("maildrop", R_OK | X_OK) == 0;
}

static int
list_through_showq(struct ipc *i, const struct queue_lister *to)
{
	if (read_listing(i, to))
		return 0;
	if (ferror(stdout) != 0)
		return EX_IOERR;
	fflush(stdout);
	log_error("the listing broke off: %s", ipc_why(i));
	return EX_TEMPFAIL;
}

int
queue_print(const struct conf *cf, bool json)
{
	struct listing l = { .json = json, .out = JSON(stdout), .reason = BUF(65536) };
	const struct queue_lister to = { on_message, on_rcpt, &l };
	struct arena mem = ARENA(65536);
	struct verdict why = VERDICT(&mem);
	const char *socket = arena_fmt(&mem, "public/%s", cf->showq_service_name);
	struct ipc *i = ipc_connect(socket, &showq_protocol, ANSWER_SECONDS, &why);
	int status = 0;

	/* In a pipe, each piece wakes its reader. */
	if (!isatty(STDOUT_FILENO))
		setvbuf(stdout, NULL, _IOFBF, OUTPUT_BUFFER);
	if (i != NULL) {
		status = list_through_showq(i, &to);
	} else if (may_read_files()) {
		log_warn("Mail system is down -- accessing queue directly (%s)", why.text);
		queue_list("", &to);
	} else {
		log_error("Queue report unavailable - mail system is down (%s)", why.text);
		status = EX_UNAVAILABLE;
	}
	if (status == 0)
		print_sum(&l);
	ipc_free(&i);
	buf_free(&l.reason);
	arena_free(&mem);
	return status;
}
