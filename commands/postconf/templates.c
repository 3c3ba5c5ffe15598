/* SPDX-License-Identifier: Apache-2.0 */
/* postconf -t, -b: the texts of notifications, as they are and with the names in them replaced. */
#include "commands/postconf/postconf.h"

#include "lib/base/log.h"
#include "lib/mail/template.h"

enum { PROBLEMS = 64 << 10 };

static void
print_expanded(const struct conf *cf, const struct template *t)
{
	struct buf out = BUF(TEMPLATE_EXPANDED), warnings = BUF(PROBLEMS), err = BUF(8192);

	if (!template_expand(t, &(struct template_values){ .cf = cf }, &out, &warnings, &err))
		log_fatal(1, "%s", buf_str(&err));
	log_warn_lines(buf_str(&warnings));
	printf("expanded_%s_text = <<EOF\n%sEOF\n", t->name, buf_str(&out));
	buf_free(&out);
	buf_free(&warnings);
	buf_free(&err);
}

static void
print_template(const struct template *t)
{
	printf("%s_template = <<EOF\n", t->name);
	for (size_t i = 0; i < TEMPLATE_HEADERS; i++)
		if (t->headers[i] != NULL)
			printf("%s: %s\n", template_header_names[i], t->headers[i]);
	printf("\n%sEOF\n", t->text);
}

/* The built-in ones, and those of the file that is asked for, or that main.cf names; "" is no file. */
static void
choose(const struct request *r, const struct conf *cf, struct templates *all)
{
	struct buf warnings = BUF(PROBLEMS), err = BUF(8192);
	const char *path = r->nargs > 0 ? r->args[0] : conf_get(cf, "bounce_template_file");

	templates_builtin(r->mem, all);
	if (path != NULL && *path != '\0' && !templates_read(path, r->mem, all, &warnings, &err))
		log_fatal(1, "%s", buf_str(&err));
	log_warn_lines(buf_str(&warnings));
	buf_free(&warnings);
	buf_free(&err);
}

int
show_templates(const struct request *r)
{
	struct conf_args args = { .dir = r->dir, .lenient = true };
	struct buf err = BUF(8192);
	const struct conf *cf = conf_load(&args, &err);
	struct templates all;

	if (cf == NULL)
		log_fatal(1, "%s", buf_str(&err));
	choose(r, cf, &all);
	for (size_t i = 0; i < TEMPLATES; i++) {
		if (r->mode == 'b')
			print_expanded(cf, &all.of[i]);
		else
			print_template(&all.of[i]);
		if (i + 1 < TEMPLATES)
			putchar('\n');
	}
	conf_free(&cf);
	buf_free(&err);
	return 0;
}
