/* SPDX-License-Identifier: Apache-2.0 */
/* The queue for people, in the columns that scripts know, and as JSON lines. */
#include "commands/postqueue/postqueue.h"

#include "lib/base/log.h"
#include "lib/base/text.h"
#include "lib/ipc/showq.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum { ANSWER_SECONDS = 300, MEMORY = 4 << 20, REASON_WIDTH = 78, RCPT_COLUMN = 47 };

struct listing {
	struct ipc *ipc;
	struct arena *mem;
	bool json;
	long messages, octets;
};

/* "4g9x...!" as mailq marks it. */
static const char *
mark_of(const char *queue)
{
	return strcmp(queue, "active") == 0 ? "*" : strcmp(queue, "hold") == 0 ? "!" : "";
}

static void
print_time(long seconds, char out[32])
{
	time_t t = seconds;
	struct tm tm;

	localtime_r(&t, &tm);
	strftime(out, 32, "%a %b %e %H:%M:%S", &tm);
}

static void
print_message(const struct showq_message *m)
{
	char when[32], id[64];

	print_time(m->arrival, when);
	snprintf(id, sizeof(id), "%s%s", m->queue_id, mark_of(m->queue));
	printf("%-17s %8ld %s %s\n", id, m->size, when, m->sender[0] != '\0' ? m->sender : "MAILER-DAEMON");
}

/* Recipients with the same reason stand below it. */
static void
print_rcpt(const struct showq_rcpt *r, char *last, size_t size)
{
	if (strncmp(last, r->reason, size - 1) != 0) {
		snprintf(last, size, "%s", r->reason);
		if (r->reason[0] != '\0') {
			struct buf b = BUF(8192);

			buf_fmt(&b, "(%s)", r->reason);
			printf("%*s\n", REASON_WIDTH, buf_str(&b));
			buf_free(&b);
		}
	}
	printf("%*s%s\n", RCPT_COLUMN, "", r->address);
}

static void
json_string(const char *s)
{
	putchar('"');
	for (; *s != '\0'; s++) {
		if (*s == '"' || *s == '\\')
			printf("\\%c", *s);
		else if ((unsigned char)*s < ' ' || *s == 127)
			printf("\\u%04x", *s);
		else
			putchar(*s);
	}
	putchar('"');
}

static void
json_message(const struct showq_message *m)
{
	printf("{\"queue_name\": ");
	json_string(m->queue);
	printf(", \"queue_id\": ");
	json_string(m->queue_id);
	printf(", \"arrival_time\": %ld, \"message_size\": %ld, \"forced_expire\": %s, ", m->arrival, m->size,
	    m->forced_expire ? "true" : "false");
	if (m->next_attempt > 0)
		printf("\"next_attempt\": %ld, ", m->next_attempt);
	printf("\"sender\": ");
	json_string(m->sender[0] != '\0' ? m->sender : "MAILER-DAEMON");
	printf(", \"recipients\": [");
}

static void
json_rcpt(const struct showq_rcpt *r, bool first)
{
	printf("%s{\"address\": ", first ? "" : ", ");
	json_string(r->address);
	if (r->reason[0] != '\0') {
		printf(", \"delay_reason\": ");
		json_string(r->reason);
	}
	putchar('}');
}

static bool
one_message(struct listing *l)
{
	char last[4096] = "";
	struct showq_message m;
	struct showq_rcpt r;

	if (!showq_message_get(l->ipc, l->mem, &m))
		return false;
	if (!l->json && l->messages == 0)
		puts("----Queue ID----- --Size-- ---Arrival Time---- --Sender/Recipient------");
	l->messages++;
	l->octets += m.size;
	if (l->json)
		json_message(&m);
	else
		print_message(&m);
	for (long i = 0; i < m.nrcpt; i++) {
		arena_reset(l->mem); /* m's numbers stay, its strings are printed */
		if (!showq_rcpt_read(l->ipc, l->mem, &r))
			return false;
		if (l->json)
			json_rcpt(&r, i == 0);
		else
			print_rcpt(&r, last, sizeof(last));
	}
	puts(l->json ? "]}" : "");
	arena_reset(l->mem);
	return true;
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

int
queue_print(const struct conf *cf, bool json)
{
	struct arena mem = ARENA(MEMORY);
	struct verdict why = VERDICT(&mem);
	struct listing l = { .mem = &mem, .json = json };
	const char *socket = arena_fmt(&mem, "public/%s", cf->showq_service_name);
	int status = EX_TEMPFAIL;

	if ((l.ipc = ipc_connect(socket, &showq_protocol, ANSWER_SECONDS, &why)) == NULL) {
		log_error("%s; the mail system is down: start it with \"sallyport start\"", why.text);
		arena_free(&mem);
		return EX_UNAVAILABLE;
	}
	showq_list_send(l.ipc, &(struct showq_list){ .queue_id = "" });
	while (ipc_next(l.ipc) != NULL && showq_message_is(l.ipc))
		if (!one_message(&l))
			break;
	if (ipc_ok(l.ipc) && showq_end_get(l.ipc, &mem, &(struct showq_end){})) {
		print_sum(&l);
		status = 0;
	} else {
		fflush(stdout);
		log_error("the listing broke off: %s", ipc_why(l.ipc));
	}
	ipc_free(&l.ipc);
	arena_free(&mem);
	return status;
}
