/* SPDX-License-Identifier: Apache-2.0 */
#include "commands/sendmail/options.h"

#include "lib/base/mem.h"
#include "lib/base/text.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char options_usage[] = "usage: sendmail [options] [--] [recipient ...]   a message from standard input\n"
			     "       mailq, newaliases                         as sendmail -bp, -bi\n"
			     "  -t           recipients come from To:, Cc: and Bcc:, too\n"
			     "  -i           a line with only a dot does not end the message\n"
			     "  -f sender    envelope sender (also -r)\n"
			     "  -F name      full name of the sender\n"
			     "  -N dsn       never, or a list of failure, delay, success\n"
			     "  -R full|hdrs how much comes back when it fails\n"
			     "  -V envid     envelope id, comes back in reports\n"
			     "  -B body      7BIT or 8BITMIME\n"
			     "  -G           relayed mail: the header stays as it is\n"
			     "  -XV[xy]      variable envelope return paths\n"
			     "  -C folder    where main.cf is\n"
			     "  -bp          list the queue\n"
			     "  -bi          rebuild the alias tables\n"
			     "  -bs          SMTP on standard input and output\n"
			     "  -q[Iid|Rsite] try queued mail now: all, one message, one domain\n";

/* -b and its letter. */
static const struct {
	char letter;
	enum mode mode;
} modes[] = { { 'm', MODE_SUBMIT }, { 's', MODE_SMTP }, { 'p', MODE_LIST }, { 'i', MODE_ALIASES }, { 'd', MODE_DAEMON },
	{ 'l', MODE_DAEMON }, { 'v', MODE_VERIFY }, { 'h', MODE_SUBMIT }, { 'H', MODE_SUBMIT } };

static bool
set_mode(struct options *o, const char *arg, struct buf *err)
{
	for (size_t i = 0; i < NITEMS(modes); i++)
		if (modes[i].letter == arg[0]) {
			o->mode = modes[i].mode;
			return true;
		}
	buf_fmt(err, "unsupported: -b%s", arg);
	return false;
}

/* The one of the words that arg is, in whatever case; NULL: none. */
static const char *
word(const char *arg, const char *const *words)
{
	while (*words != NULL && !text_same(arg, *words))
		words++;
	return *words;
}

static bool
set_notify(struct options *o, const char *arg, struct buf *err)
{
	static const char *const known[] = { "SUCCESS", "FAILURE", "DELAY", NULL };
	struct buf list = BUF(sizeof(o->notify) - 1);
	char *copy = mem_str(text_same(arg, "never") ? "" : arg), *cursor = copy, *one;
	const char *is;
	bool ok = true;

	if (text_same(arg, "never"))
		buf_puts(&list, "NEVER");
	while (ok && (one = text_word(&cursor, TEXT_LIST)) != NULL) {
		ok = (is = word(one, known)) != NULL && strstr(buf_str(&list), is) == NULL;
		if (ok)
			buf_fmt(&list, "%s%s", list.len > 0 ? "," : "", is);
	}
	ok = ok && list.len > 0 && buf_ok(&list);
	if (ok)
		memcpy(o->notify, list.s, list.len + 1);
	else
		buf_fmt(err, "-N %s: never is wanted, or a list of failure, delay, success", arg);
	free(copy);
	buf_free(&list);
	return ok;
}

static bool
set_ret(struct options *o, const char *arg, struct buf *err)
{
	static const char *const known[] = { "FULL", "HDRS", NULL };

	if ((o->ret = word(arg, known)) != NULL)
		return true;
	buf_fmt(err, "-R %s: full or hdrs is wanted", arg);
	return false;
}

static bool
set_body(struct options *o, const char *arg, struct buf *err)
{
	static const char *const known[] = { "7BIT", "8BITMIME", NULL };

	if ((o->body = word(arg, known)) != NULL)
		return true;
	buf_fmt(err, "-B %s: 7BIT or 8BITMIME is wanted", arg);
	return false;
}

/* -oi, -oA/etc/aliases; everything else that Sendmail knew is ignored. */
static bool
set_other(struct options *o, const char *arg, struct buf *err)
{
	if (arg[0] == 'i')
		o->dots = true;
	if (arg[0] == 'A' && arg[1] == '\0') {
		buf_puts(err, "-oA wants a path name behind it, without a blank");
		return false;
	}
	if (arg[0] == 'A')
		o->aliases = arg + 1;
	return true;
}

/* -q has its argument behind it, or none. */
static bool
set_flush(struct options *o, const char *arg, struct buf *err)
{
	o->mode = MODE_FLUSH;
	if (arg == NULL || arg[0] == '\0')
		return true;
	if (isdigit((unsigned char)arg[0])) {
		o->mode = MODE_DAEMON; /* an interval between queue runs */
		return true;
	}
	if (arg[0] == 'I' && arg[1] != '\0')
		o->flush_id = arg + 1;
	else if (arg[0] == 'R' && arg[1] != '\0')
		o->flush_site = arg + 1;
	else {
		buf_fmt(err, "unsupported: -q%s", arg);
		return false;
	}
	return true;
}

static bool
set_verp(struct options *o, const char *arg)
{
	if (arg[0] == 'V')
		o->verp = arg + 1;
	return true; /* else a log file, which has been ignored for decades */
}

static bool
set(struct options *o, int c, const char *arg, struct buf *err)
{
	switch (c) {
	case 'b':
		return set_mode(o, arg, err);
	case 'C':
		o->config = arg;
		return true;
	case 'f':
	case 'r':
		o->sender = arg;
		return true;
	case 'F':
		o->full_name = arg;
		return true;
	case 't':
		return o->from_header = true;
	case 'i':
		return o->dots = true;
	case 'G':
		return o->gateway = true;
	case 'I':
		o->mode = MODE_ALIASES;
		return true;
	case 'N':
		return set_notify(o, arg, err);
	case 'R':
		return set_ret(o, arg, err);
	case 'B':
		return set_body(o, arg, err);
	case 'V':
		o->envid = arg;
		return true;
	case 'X':
		return set_verp(o, arg);
	case 'o':
		return set_other(o, arg, err);
	case 'q':
		return set_flush(o, arg, err);
	case '?':
		buf_fmt(err, "what is %s? (sendmail --help)", arg);
		return false;
	case ':':
		buf_fmt(err, "option %s wants an argument (sendmail --help)", arg);
		return false;
	default:
		return true; /* -A -c -d -e -h -L -m -n -O -p -U -v -x: without effect, but scripts give them */
	}
}

static void
by_name(struct options *o, const char *path)
{
	const char *slash = strrchr(path, '/'), *name = slash != NULL ? slash + 1 : path;

	if (strcmp(name, "mailq") == 0)
		o->mode = MODE_LIST;
	else if (strcmp(name, "newaliases") == 0)
		o->mode = MODE_ALIASES;
}

bool
options_parse(struct options *o, int argc, char **argv, struct buf *err)
{
	static char *const nobody[] = { NULL };
	int c, at;

	*o = (struct options){ .ret = "", .body = "", .envid = "", .recipients = nobody };
	if (argc == 0)
		return true;
	by_name(o, argv[0]);
	if (argc > 1 && strcmp(argv[1], "--help") == 0) {
		o->mode = MODE_HELP;
		return true;
	}
	opterr = 0;
	while (at = optind > 0 ? optind : 1,
	    (c = getopt(argc, argv, "+:A:B:C:F:GIL:N:O:R:UV:X:b:cd::e:f:h:imno:p:q::r:tvx:")) != -1)
		if (!set(o, c, c == '?' || c == ':' ? argv[at] : optarg, err))
			return false;
	o->recipients = argv + optind;
	return true;
}
