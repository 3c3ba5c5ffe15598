/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/mail/template.h"

#include "lib/base/log.h"
#include "lib/base/text.h"
#include "lib/conf/cftext.h"

#include <string.h>

#define BLANKS " \t\r\n\v\f"

const char *const template_names[TEMPLATES] = { "failure", "delay", "success", "verify" };
const char *const template_header_names[TEMPLATE_HEADERS] = { "Charset", "From", "Subject", "Postmaster-Subject" };

static const char builtin[] =
    "failure_template = <<EOF\n"
    "Charset: us-ascii\n"
    "From: Mail Delivery System <MAILER-DAEMON>\n"
    "Subject: Undelivered Mail Returned to Sender\n"
    "Postmaster-Subject: Postmaster Copy: Undelivered Mail\n"
    "\n"
    "This is the mail system at host $myhostname.\n"
    "\n"
    "Your message did not reach the recipients below. What is known about the\n"
    "reason stands behind each of them. The message, or its header, is attached.\n"
    "\n"
    "If you need help, please send this whole notification to postmaster.\n"
    "EOF\n"
    "\n"
    "delay_template = <<EOF\n"
    "Charset: us-ascii\n"
    "From: Mail Delivery System <MAILER-DAEMON>\n"
    "Subject: Delayed Mail (still being retried)\n"
    "Postmaster-Subject: Postmaster Warning: Delayed Mail\n"
    "\n"
    "This is the mail system at host $myhostname.\n"
    "\n"
    "This is only a warning: you need not send your message again.\n"
    "\n"
    "For $delay_warning_time_hours hour(s) now it could not be delivered to the recipients below.\n"
    "The mail system goes on trying, until the message is $maximal_queue_lifetime_days day(s) old.\n"
    "\n"
    "If you need help, please send this whole notification to postmaster.\n"
    "EOF\n"
    "\n"
    "success_template = <<EOF\n"
    "Charset: us-ascii\n"
    "From: Mail Delivery System <MAILER-DAEMON>\n"
    "Subject: Successful Mail Delivery Report\n"
    "\n"
    "This is the mail system at host $myhostname.\n"
    "\n"
    "Your message was delivered to the recipients below. Where it was handed on\n"
    "to another mail system, that one may still tell you that it failed.\n"
    "EOF\n"
    "\n"
    "verify_template = <<EOF\n"
    "Charset: us-ascii\n"
    "From: Mail Delivery System <MAILER-DAEMON>\n"
    "Subject: Mail Delivery Status Report\n"
    "\n"
    "This is the mail system at host $myhostname.\n"
    "\n"
    "You asked what would become of mail to the recipients below. It is said\n"
    "behind each of them; nothing was sent.\n"
    "EOF\n";

struct reading {
	const char *path, *at, *end;
	int line; /* of the last line that was taken */
	struct arena *mem;
	struct templates *all;
	const struct templates *dflt; /* whose headers count where a template has none */
	struct buf *warnings, *err;
};

/* The next line, without its end, in the arena; NULL: the end of the file, or no memory. */
static char *
take_line(struct reading *f)
{
	const char *nl, *end;
	size_t n;

	if (f->at == f->end)
		return NULL;
	nl = memchr(f->at, '\n', (size_t)(f->end - f->at));
	end = nl != NULL ? nl : f->end;
	n = (size_t)(end - f->at);
	if (n > 0 && end[-1] == '\r')
		n--;
	end = f->at;
	f->at = nl != NULL ? nl + 1 : f->end;
	f->line++;
	return arena_strn(f->mem, end, n);
}

/* What stands behind '=': one line, or those up to the one that is the end marker. */
struct value {
	char *only;	 /* NULL: it is taken */
	const char *end; /* NULL: there are no more lines */
	int from, line;	 /* where the template begins; of the last line */
};

static char *
value_line(struct reading *f, struct value *v)
{
	char *line = v->only;

	v->only = NULL;
	if (line != NULL || v->end == NULL)
		return line;
	line = take_line(f);
	v->line = f->line;
	if (line != NULL && strcmp(line, v->end) != 0)
		return line;
	if (line == NULL)
		buf_fmt(f->warnings, "%s, line %d: missing \"%.40s\" end marker\n", f->path, v->from, v->end);
	v->end = NULL;
	return NULL;
}

/* No line end could come into a header from there, and nothing that needs a charset. */
static bool
is_plain(const char *s)
{
	for (; *s != '\0'; s++)
		if (*s != '\t' && (*s < ' ' || *s > '~'))
			return false;
	return true;
}

/* False: the header is wrong, which is told. */
static bool
take_header(struct reading *f, struct template *t, int line, char *label, char *value)
{
	const char *why = NULL, *what = "label";
	size_t which = 0;

	label = text_trim(label);
	value = text_trim(value);
	while (which < TEMPLATE_HEADERS && !text_same(template_header_names[which], label))
		which++;
	if (which == TEMPLATE_HEADERS)
		why = "unknown";
	else if (which == TEMPLATE_POSTMASTER && t->headers[which] == NULL)
		why = "inapplicable";
	else if (what = "value", *value == '\0')
		why = "empty";
	else if (!is_plain(value))
		why = "non-ASCII";
	else
		t->headers[which] = value;
	text_printable(label);
	if (why != NULL)
		buf_fmt(f->warnings, "%s, line %d: %s \"%.100s\" header %s in %s template -- ignoring this template\n",
		    f->path, line, why, label, what, t->name);
	return why == NULL;
}

/* The colon of "Label: value"; NULL: it is no header. */
static char *
header_colon(char *line)
{
	size_t n = strcspn(line, ":" BLANKS), blanks = strspn(line + n, BLANKS);

	return n > 0 && line[n + blanks] == ':' ? line + n + blanks : NULL;
}

/* Headers, and lines of text behind them.  False: what there is cannot be used, which is told. */
static bool
take_lines(struct reading *f, struct value *v, struct template *t, struct buf *text)
{
	bool headers = true, good = true;
	char *line, *colon;

	while ((line = value_line(f, v)) != NULL) {
		if (headers && (colon = header_colon(line)) != NULL) {
			*colon = '\0';
			good = good && take_header(f, t, v->line, line, colon + 1);
			continue;
		}
		headers = false;
		if (text->len > 0 || line[strspn(line, BLANKS)] != '\0')
			buf_fmt(text, "%s\n", line);
	}
	return good;
}

static void
take_template(struct reading *f, enum template_kind kind, struct value *v)
{
	struct template t = f->dflt->of[kind];
	struct buf text = BUF(TEMPLATE_TEXT);
	const char *why = NULL;

	t.path = f->path;
	t.line = f->line;
	t.name = template_names[kind];
	if (!take_lines(f, v, &t, &text)) {
		buf_free(&text);
		return;
	}
	if (!buf_ok(&text))
		why = "too much message text";
	else if (text.len == 0)
		why = "missing message text";
	else if (!text_ascii(buf_str(&text)) && text_same(t.headers[TEMPLATE_CHARSET], "us-ascii"))
		why = "8-bit message text, for which a charset other than us-ascii must be specified,";
	if (why == NULL) {
		t.text = arena_strn(f->mem, buf_str(&text), text.len);
		f->all->of[kind] = t;
	} else {
		buf_fmt(f->warnings, "%s, line %d: %s in %s template -- ignoring this template\n", f->path, t.line, why,
		    t.name);
	}
	buf_free(&text);
}

/* "name = value" or "name = <<END", cut in two; false: it is neither. */
static bool
split_setting(const struct reading *f, char *line, char **name, struct value *v)
{
	char *eq = strchr(line, '='), *text;

	if (eq != NULL)
		*eq = '\0';
	*name = text_trim(line);
	text_printable(*name);
	if (eq == NULL || **name == '\0') {
		buf_fmt(f->err, "%s, line %d: missing %s: \"%.60s\"; write name_template = <<END", f->path, f->line,
		    eq == NULL ? "'=' after attribute name" : "attribute name", *name);
		return false;
	}
	text = text_trim(eq + 1);
	*v = (struct value){ .only = text, .from = f->line, .line = f->line };
	if (strncmp(text, "<<", 2) == 0)
		*v = (struct value){ .end = text_trim(text + 2), .from = f->line };
	if (v->end == NULL || *v->end != '\0')
		return true;
	buf_fmt(f->err,
	    "%s, line %d: missing end marker after <<; write a word there, and only that word behind the text", f->path,
	    f->line);
	return false;
}

static enum template_kind
kind_of(const char *name)
{
	size_t kind, n;

	for (kind = 0; kind < TEMPLATES; kind++) {
		n = strlen(template_names[kind]);
		if (strncmp(name, template_names[kind], n) == 0 && strcmp(name + n, "_template") == 0)
			break;
	}
	return (enum template_kind)kind;
}

static bool
take_setting(struct reading *f, char *line)
{
	enum template_kind kind;
	struct value v;
	char *name;

	if (!split_setting(f, line, &name, &v))
		return false;
	if ((kind = kind_of(name)) != TEMPLATES) {
		take_template(f, kind, &v);
		return true;
	}
	buf_fmt(f->warnings, "%s, line %d: unknown template name: %.60s -- ignoring this template\n", f->path, f->line,
	    name);
	while (value_line(f, &v) != NULL)
		;
	return true;
}

static bool
parse(struct reading *f)
{
	char *line;

	while ((line = take_line(f)) != NULL) {
		line = text_trim(line);
		if (*line != '\0' && *line != '#' && !take_setting(f, line))
			return false;
	}
	if (arena_ok(f->mem))
		return true;
	buf_fmt(f->err, "%s: too large; shorten it", f->path);
	return false;
}

void
templates_builtin(struct arena *mem, struct templates *out)
{
	static const struct templates none = { {
	    [TEMPLATE_FAILURE] = { .headers = { "us-ascii", "", "", "" } },
	    [TEMPLATE_DELAY] = { .headers = { "us-ascii", "", "", "" } },
	    [TEMPLATE_SUCCESS] = { .headers = { "us-ascii", "", "", NULL } },
	    [TEMPLATE_VERIFY] = { .headers = { "us-ascii", "", "", NULL } },
	} };
	struct buf warnings = BUF(4096), err = BUF(4096);
	struct reading f = { .path = "[built-in]",
		.at = builtin,
		.end = builtin + sizeof(builtin) - 1,
		.mem = mem,
		.all = out,
		.dflt = &none,
		.warnings = &warnings,
		.err = &err };

	*out = none;
	must_hold(parse(&f) && warnings.len == 0);
	for (size_t i = 0; i < TEMPLATES; i++)
		must_hold(out->of[i].text != NULL);
	buf_free(&warnings);
	buf_free(&err);
}

bool
templates_parse(const char *path, const struct buf *bytes, struct arena *mem, struct templates *all,
    struct buf *warnings, struct buf *err)
{
	struct templates dflt, own = *all;
	struct reading f = { .path = arena_str(mem, path),
		.at = buf_str(bytes),
		.end = buf_str(bytes) + bytes->len,
		.mem = mem,
		.all = &own,
		.dflt = &dflt,
		.warnings = warnings,
		.err = err };

	templates_builtin(mem, &dflt);
	if (!parse(&f))
		return false;
	*all = own;
	return true;
}

bool
templates_read(const char *path, struct arena *mem, struct templates *all, struct buf *warnings, struct buf *err)
{
	struct buf bytes = BUF(TEMPLATE_FILE);
	bool ok = cftext_read(path, &bytes, err) && templates_parse(path, &bytes, mem, all, warnings, err);

	buf_free(&bytes);
	return ok;
}
