/* SPDX-License-Identifier: Apache-2.0 */
/*
 * postconf -t FILE, -b FILE: a file of bounce templates, judged and shown, with the names in its texts expanded
 * or not.  The notifications themselves are not made of templates yet, so there are no built-in ones to show.
 */
#include "commands/postconf/postconf.h"

#include "lib/base/log.h"
#include "lib/base/text.h"
#include "lib/conf/cftext.h"
#include "lib/conf/expand.h"

#include <string.h>

enum { VALUE = 1 << 20 };

static const char *const template_names[] = { "failure", "delay", "success", "verify" };
static const char *const header_names[] = { "Charset", "From", "Subject", "Postmaster-Subject" };
enum { TEMPLATES = NITEMS(template_names), HEADERS = NITEMS(header_names), CHARSET = 0 };

struct template
{
	const char *headers[HEADERS]; /* NULL: not given */
	const char *text;	      /* NULL: the file has no such template */
};

struct reading {
	const char *path;
	char *at;
	int line; /* of the last line that was taken */
	struct arena *mem;
};

/* The next line, without its end; NULL: the end of the file. */
static char *
take_line(struct reading *f)
{
	char *line = f->at, *end;

	if (*line == '\0')
		return NULL;
	end = line + strcspn(line, "\n");
	f->at = *end == '\n' ? end + 1 : end;
	*end = '\0';
	if (end > line && end[-1] == '\r')
		end[-1] = '\0';
	f->line++;
	return line;
}

static int
find(const char *const *names, size_t n, const char *word)
{
	for (size_t i = 0; i < n; i++)
		if (text_same(names[i], word))
			return (int)i;
	return -1;
}

/* Lines up to the end marker, joined again. */
static const char *
take_here(struct reading *f, const char *end)
{
	struct buf b = BUF(CFTEXT_FILE);
	int from = f->line;
	const char *text;
	char *line;

	while ((line = take_line(f)) != NULL && strcmp(line, end) != 0)
		buf_fmt(&b, "%s\n", line);
	if (line == NULL)
		log_warn("%s, line %d: missing \"%s\" end marker", f->path, from, end);
	text = arena_strn(f->mem, buf_str(&b), b.len);
	buf_free(&b);
	return text;
}

/* "Name: value", up to an empty line; a text that begins without them has none.  False: one is wrong. */
static bool
split_headers(const struct reading *f, const char *name, char *text, struct template *out)
{
	while (*text != '\0' && *text != '\n') {
		size_t n = strcspn(text, "\n"), label = strcspn(text, ": \t\n");
		char *line;
		int which;

		if (label == 0 || text[label] != ':')
			break;
		line = arena_strn(f->mem, text, n);
		line[label] = '\0';
		if ((which = find(header_names, HEADERS, line)) < 0 || !text_ascii(line + label + 1)) {
			log_warn("%s: %s \"%s\" header label in %s template -- ignoring this template", f->path,
			    which < 0 ? "unknown" : "8-bit text in", line, name);
			return false;
		}
		out->headers[which] = text_trim(line + label + 1);
		text += text[n] == '\n' ? n + 1 : n;
	}
	out->text = *text == '\n' ? text + 1 : text;
	return true;
}

static void
keep(struct reading *f, const char *name, const char *value, struct template *all)
{
	struct template t = { 0 };
	char *word = arena_str(f->mem, name);
	int which;

	if (text_ends(word, "_template"))
		word[strlen(word) - strlen("_template")] = '\0';
	if ((which = find(template_names, TEMPLATES, word)) < 0 || strcmp(word, name) == 0) {
		log_warn("%s, line %d: unknown template name: %s -- ignoring this template", f->path, f->line, name);
		return;
	}
	if (!split_headers(f, word, arena_str(f->mem, value), &t))
		return;
	if (!text_ascii(t.text) && (t.headers[CHARSET] == NULL || text_same(t.headers[CHARSET], "us-ascii"))) {
		log_warn("%s: 8-bit message text in %s template; please specify a charset value other than us-ascii -- "
			 "ignoring this template",
		    f->path, word);
		return;
	}
	all[which] = t;
}

static void
read_templates(struct reading *f, struct template *all)
{
	char *line, *eq, *name, *value;

	while ((line = take_line(f)) != NULL) {
		name = text_trim(line);
		if (*name == '\0' || *name == '#')
			continue;
		if ((eq = strchr(name, '=')) == NULL)
			log_fatal(1, "%s, line %d: missing '=' after attribute name: \"%s\"", f->path, f->line, name);
		*eq = '\0';
		value = text_trim(eq + 1);
		if (strncmp(value, "<<", 2) == 0)
			keep(f, text_trim(name), take_here(f, text_trim(value + 2)), all);
		else
			keep(f, text_trim(name), arena_fmt(f->mem, "%s\n", value), all);
	}
}

/* delay_warning_time_hours and the like: the parameter in that unit. */
static const char *
in_unit(void *ctx, const char *name)
{
	static const char *const times[] = { "delay_warning_time_", "maximal_queue_lifetime_" };
	static const struct {
		const char *name;
		long seconds;
	} units[] = { { "seconds", 1 }, { "minutes", 60 }, { "hours", 3600 }, { "days", 86400 }, { "weeks", 604800 } };
	const struct request *r = ctx;
	struct conf_args args = { .dir = r->dir, .lenient = true, .few = true };

	for (size_t t = 0; t < NITEMS(times); t++)
		for (size_t u = 0; text_starts(name, times[t]) && u < NITEMS(units); u++) {
			struct buf err = BUF(8192);
			const struct conf *cf;
			const char *text;

			if (strcmp(name + strlen(times[t]), units[u].name) != 0)
				continue;
			if ((cf = conf_load(&args, &err)) == NULL)
				log_fatal(1, "%s", buf_str(&err));
			text = arena_strn(r->mem, times[t], strlen(times[t]) - 1);
			text = arena_fmt(r->mem, "%ld", conf_get_time(cf, text, 0) / units[u].seconds);
			conf_free(&cf);
			buf_free(&err);
			return text;
		}
	return NULL;
}

struct check {
	const struct request *r;
	const struct conf *cf;
	const char *path, *template;
};

static void
check_name(void *ctx, const char *name)
{
	const struct check *c = ctx;

	if (conf_source(c->cf, name, NULL, NULL) == NULL && in_unit((void *)c->r, name) == NULL)
		log_fatal(1, "%s: undefined $name in %s template: %s", c->path, c->template, name);
}

static void
print_expanded(const struct request *r, const char *path, const char *name, const char *text)
{
	struct conf_args args = { .dir = r->dir, .lenient = true };
	struct buf err = BUF(8192), out = BUF(VALUE);
	const struct conf *cf = conf_load(&args, &err);

	if (cf == NULL)
		log_fatal(1, "%s", buf_str(&err));
	macro_names(text, check_name, &(struct check){ .r = r, .cf = cf, .path = path, .template = name });
	if (!conf_expand(cf, text, in_unit, (void *)r, &out, &err))
		log_fatal(1, "%s: bad $name syntax in %s template: %s", path, name, buf_str(&err));
	printf("expanded_%s_text = <<EOF\n%sEOF\n", name, buf_str(&out));
	conf_free(&cf);
	buf_free(&out);
	buf_free(&err);
}

static void
print(const struct request *r, const char *path, const char *name, const struct template *t)
{
	if (r->mode == 'b') {
		print_expanded(r, path, name, t->text);
		return;
	}
	printf("%s_template = <<EOF\n", name);
	for (size_t i = 0; i < HEADERS; i++)
		if (t->headers[i] != NULL)
			printf("%s: %s\n", header_names[i], t->headers[i]);
	printf("\n%sEOF\n", t->text);
}

/* The file that is asked for, or that main.cf names. */
static const char *
choose(const struct request *r)
{
	struct conf_args args = { .dir = r->dir, .lenient = true, .few = true };
	struct buf err = BUF(8192);
	const struct conf *cf;
	const char *path;

	if (r->nargs > 0)
		return r->args[0];
	if ((cf = conf_load(&args, &err)) == NULL)
		log_fatal(1, "%s", buf_str(&err));
	path = conf_get(cf, "bounce_template_file");
	path = arena_str(r->mem, path != NULL ? path : "");
	conf_free(&cf);
	buf_free(&err);
	return path;
}

int
show_templates(const struct request *r)
{
	struct reading f = { .path = choose(r), .mem = r->mem };
	struct template all[TEMPLATES] = { 0 };
	struct buf bytes = BUF(CFTEXT_FILE), err = BUF(4096);
	const char *between = "";

	if (*f.path == '\0')
		log_fatal(1,
		    "-%c: notifications are not made of templates yet, so there are none built in; name a file",
		    r->mode);
	if (!cftext_read(f.path, &bytes, &err))
		log_fatal(1, "%s", buf_str(&err));
	f.at = arena_strn(r->mem, buf_str(&bytes), bytes.len);
	read_templates(&f, all);
	for (size_t i = 0; i < TEMPLATES; i++) {
		if (all[i].text == NULL)
			continue;
		fputs(between, stdout);
		print(r, f.path, template_names[i], &all[i]);
		between = "\n";
	}
	buf_free(&bytes);
	buf_free(&err);
	return 0;
}
