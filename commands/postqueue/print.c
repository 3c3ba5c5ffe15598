/* SPDX-License-Identifier: Apache-2.0 */
/* The queue for people, in the columns that scripts know, and as JSON lines. */
#include "commands/postqueue/postqueue.h"

#include "lib/base/log.h"
#include "lib/base/text.h"
#include "lib/ipc/showq.h"
#include "lib/mail/queuelist.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { ANSWER_SECONDS = 3600, MEMORY = 4 << 20, REASON_WIDTH = 78, RCPT_COLUMN = 47, ID_WIDTH = 17 };

struct listing {
	bool json;
	long messages, octets;
	long left; /* recipients of the current message that have not come yet */
	bool first;
	struct buf reason; /* that was printed last for this message */
};

/* On a terminal a stranger's control character is none. */
static void
put_plain(const char *s)
{
	struct buf b = BUF(65536);

	buf_puts(&b, s);
	if (b.s != NULL)
		text_printable(b.s);
	fputs(buf_str(&b), stdout);
	buf_free(&b);
}

/* How many bytes of well-formed UTF-8 stand there; 0: it is none. */
static int
utf8_length(const char *text)
{
	const unsigned char *s = (const unsigned char *)text;
	static const unsigned least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	int n = s[0] < 0x80 ? 1 : s[0] >= 0xf0 && s[0] < 0xf5 ? 4 : s[0] >= 0xe0 ? 3 : s[0] >= 0xc2 ? 2 : 0;
	unsigned code;

	if (n < 2 || s[0] >= 0xf5)
		return n == 1;
	code = s[0] & (0x7fu >> n);
	for (int i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (s[i] & 0x3fu);
	}
	return code < least[n] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000) ? 0 : n;
}

/* RFC 8259: what is not UTF-8 cannot be in it. */
static void
json_string(const char *s)
{
	int n;

	putchar('"');
	for (; *s != '\0'; s += n > 0 ? n : 1) {
		n = utf8_length(s);
		if (n == 0)
			putchar('?');
		else if (n > 1)
			fwrite(s, 1, (size_t)n, stdout);
		else if (*s == '"' || *s == '\\')
			printf("\\%c", *s);
		else if ((unsigned char)*s < ' ' || *s == 127)
			printf("\\u%04x", (unsigned char)*s);
		else
			putchar(*s);
	}
	putchar('"');
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
json_message(const struct showq_message *m)
{
	fputs("{\"queue_name\": ", stdout);
	json_string(m->queue);
	fputs(", \"queue_id\": ", stdout);
	json_string(m->queue_id);
	printf(", \"arrival_time\": %ld, \"message_size\": %ld, \"forced_expire\": %s, ", m->arrival, m->size,
	    m->forced_expire ? "true" : "false");
	if (m->next_attempt > 0)
		printf("\"next_attempt\": %ld, ", m->next_attempt);
	fputs("\"sender\": ", stdout);
	json_string(sender_of(m));
	fputs(", \"recipients\": [", stdout);
}

static void
end_message(struct listing *l)
{
	puts(l->json ? "]}" : "");
}

static bool
on_message(void *ctx, const struct showq_message *m)
{
	struct listing *l = ctx;

	if (l->json)
		json_message(m);
	else
		plain_message(l, m);
	l->messages++;
	l->octets += m->size;
	l->left = m->nrcpt;
	l->first = true;
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
json_rcpt(const struct listing *l, const struct showq_rcpt *r)
{
	fputs(l->first ? "{\"address\": " : ", {\"address\": ", stdout);
	json_string(r->address);
	if (r->reason[0] != '\0') {
		fputs(", \"delay_reason\": ", stdout);
		json_string(r->reason);
	}
	putchar('}');
}

static bool
on_rcpt(void *ctx, const struct showq_rcpt *r)
{
	struct listing *l = ctx;

	if (l->json)
		json_rcpt(l, r);
	else
		plain_rcpt(l, r);
	l->first = false;
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
	struct listing l = { .json = json, .reason = BUF(65536) };
	const struct queue_lister to = { on_message, on_rcpt, &l };
	struct arena mem = ARENA(65536);
	struct verdict why = VERDICT(&mem);
	const char *socket = arena_fmt(&mem, "public/%s", cf->showq_service_name);
	struct ipc *i = ipc_connect(socket, &showq_protocol, ANSWER_SECONDS, &why);
	int status = 0;

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
