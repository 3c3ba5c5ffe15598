/* SPDX-License-Identifier: Apache-2.0 */
#include "commands/sendmail/submit.h"

#include "commands/sendmail/content.h"
#include "commands/sendmail/dropper.h"
#include "commands/sendmail/header.h"

#include "lib/base/log.h"
#include "lib/base/text.h"
#include "lib/mail/maildrop.h"

#include <ctype.h>
#include <errno.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MEMORY = 64 << 20, HEADER_MAX = 16 << 20, PIECE = 65536 };

struct submission {
	const struct sendmail *sm;
	struct arena mem;
	struct addressees to;
	const char *user, *sender, *full_name;
	struct buf header; /* with -t: the message until its header is over */
	size_t header_at;
	bool header_over, too_large;
	struct dropper drop;
};

/* "&" in a full name stands for the login name (passwd(5)). */
static const char *
gecos_name(const char *gecos, const char *login, struct arena *mem)
{
	struct buf b = BUF(MAILDROP_NAME_MAX);
	const char *name;

	for (; *gecos != '\0' && *gecos != ','; gecos++) {
		if (*gecos != '&')
			buf_putc(&b, *gecos);
		else if (*login != '\0')
			buf_fmt(&b, "%c%s", toupper((unsigned char)*login), login + 1);
	}
	name = buf_ok(&b) ? arena_str(mem, buf_str(&b)) : "";
	buf_free(&b);
	return name;
}

/* Who submits; the user database is asked only for what the options do not say. */
static void
find_user(struct submission *s)
{
	const struct options *o = &s->sm->o;
	const struct passwd *pw;

	s->user = o->sender != NULL ? o->sender : "";
	s->full_name = o->full_name != NULL ? o->full_name : getenv("NAME");
	if (o->sender != NULL && s->full_name != NULL)
		return;
	if ((pw = getpwuid(getuid())) != NULL) {
		s->user = arena_str(&s->mem, pw->pw_name);
		if (s->full_name == NULL)
			s->full_name = gecos_name(pw->pw_gecos, pw->pw_name, &s->mem);
	} else if (o->sender == NULL) {
		sendmail_fail(s->sm, EX_NOUSER, "user %ld has no login name; say who sends with -f", (long)getuid());
	}
	if (s->full_name == NULL)
		s->full_name = "";
}

static void
find_sender(struct submission *s)
{
	struct addressees from = { .mem = &s->mem };
	const char *given = s->sm->o.sender;

	s->sender = s->user;
	if (given == NULL)
		return;
	if (given[strspn(given, " \t")] == '\0' || strcmp(given, "<>") == 0) {
		s->sender = "";
		return;
	}
	if (!addressees_in(&from, given) || from.n != 1)
		sendmail_fail(s->sm, EX_USAGE, "bad sender address: %s", given);
	s->sender = from.list[0];
	addressees_free(&from);
}

static void
check_records(struct submission *s, const struct submission_mail *mail)
{
	const char *wrong = maildrop_mail_wrong(mail);

	for (size_t i = 0; i < s->to.n && wrong == NULL; i++)
		wrong = maildrop_rcpt_wrong(&(struct submission_rcpt){ s->to.list[i], s->sm->o.notify });
	if (wrong != NULL)
		sendmail_fail(s->sm, EX_USAGE, "%s(%ld): %s", s->user, (long)getuid(), wrong);
	if (s->to.n > MAILDROP_RCPTS_MAX)
		sendmail_fail(s->sm, EX_USAGE, "%s(%ld): too many recipients", s->user, (long)getuid());
}

static void
start_records(struct submission *s)
{
	const struct options *o = &s->sm->o;
	const struct submission_mail mail = { .version = MAILDROP_VERSION,
		.sender = s->sender,
		.full_name = s->full_name,
		.ret = o->ret,
		.envid = o->envid,
		.body = o->body,
		.extract = o->from_header,
		.gateway = o->gateway,
		.verp = o->verp == NULL	 ? ""
		    : o->verp[0] != '\0' ? o->verp
					 : sendmail_text(s->sm, "default_verp_delimiters") };
	struct buf b = BUF(MEMORY);

	if (s->to.n == 0)
		sendmail_fail(s->sm, EX_USAGE, "%s(%ld): %s", s->user, (long)getuid(),
		    o->from_header ? "No recipient addresses found in message header"
				   : "Recipient addresses must be specified on the command line or via the -t option");
	check_records(s, &mail);
	maildrop_put(&b, submission_mail_msg(), &mail);
	for (size_t i = 0; i < s->to.n; i++)
		maildrop_put(&b, submission_rcpt_msg(), &(struct submission_rcpt){ s->to.list[i], o->notify });
	maildrop_put(&b, submission_end_msg(), &(struct submission_end){ .size = -1 });
	if (!buf_ok(&b))
		sendmail_fail(s->sm, EX_USAGE, "%s(%ld): too many recipients", s->user, (long)getuid());
	dropper_records(&s->drop, b.s, b.len);
	buf_free(&b);
}

/* -t: now it is known who the recipients are. */
static void
header_is_over(struct submission *s)
{
	s->header_over = true;
	if (!addressees_of(&s->to, buf_str(&s->header), s->header_at))
		sendmail_fail(
		    s->sm, EX_DATAERR, "%s(%ld): too many recipients in the message header", s->user, (long)getuid());
	start_records(s);
	dropper_content(&s->drop, buf_str(&s->header), s->header.len);
	buf_free(&s->header);
}

static void
take(void *ctx, const char *bytes, size_t n)
{
	struct submission *s = ctx;

	if (s->header_over) {
		dropper_content(&s->drop, bytes, n);
		return;
	}
	buf_add(&s->header, bytes, n);
	if (!buf_ok(&s->header))
		sendmail_fail(s->sm, EX_DATAERR, "%s(%ld): the message header is too large", s->user, (long)getuid());
	if (header_end(s->header.s, s->header.len, &s->header_at))
		header_is_over(s);
}

static void
copy_input(struct submission *s, struct content *c)
{
	char *piece = mem_alloc(PIECE);
	ssize_t n = 1;

	while (!c->ended && n > 0 && !dropper_failed(&s->drop)) {
		while ((n = read(STDIN_FILENO, piece, PIECE)) < 0 && errno == EINTR)
			;
		if (n > 0)
			content_feed(c, piece, (size_t)n);
	}
	if (n < 0) {
		int error = errno;

		dropper_cancel(&s->drop);
		sendmail_fail(s->sm, EX_NOINPUT, "%s(%ld): error reading the message: %s", s->user, (long)getuid(),
		    strerror(error));
	}
	content_end(c);
	free(piece);
}

static void
choose_endings(const struct submission *s, struct content *c)
{
	const char *value = sendmail_text(s->sm, "sendmail_fix_line_endings");

	if (text_same(value, "always"))
		c->endings = ENDINGS_ALWAYS;
	else if (text_same(value, "strict"))
		c->endings = ENDINGS_STRICT;
	else if (text_same(value, "never"))
		c->endings = ENDINGS_NEVER;
	else
		sendmail_fail(s->sm, EX_CONFIG,
		    "%s/main.cf: sendmail_fix_line_endings: %s: always, strict or never is wanted", s->sm->dir, value);
}

int
submit(const struct sendmail *sm)
{
	struct submission s = { .sm = sm, .mem = ARENA(MEMORY), .header = BUF(HEADER_MAX), .drop = DROPPER(sm) };
	struct content c = { .dots = sm->o.dots, .take = take, .ctx = &s };
	int status;

	s.to.mem = &s.mem;
	find_user(&s);
	find_sender(&s);
	for (char *const *r = sm->o.recipients; *r != NULL; r++) {
		size_t before = s.to.n;

		if (!addressees_in(&s.to, *r) || s.to.n == before)
			sendmail_fail(sm, EX_USAGE, "bad recipient address: %s", *r);
	}
	choose_endings(&s, &c);
	if (!sm->o.from_header) {
		start_records(&s);
		s.header_over = true;
	}
	copy_input(&s, &c);
	if (!s.header_over) {
		s.header_at = s.header.len;
		header_is_over(&s);
	}
	status = dropper_finish(&s.drop);
	if (status != EX_OK)
		sendmail_fail(sm, status, "%s(%ld): the message was not accepted", s.user, (long)getuid());
	addressees_free(&s.to);
	arena_free(&s.mem);
	return status;
}
