/* SPDX-License-Identifier: Apache-2.0 */
/* postconf --man PROGRAM: the parameters that a program reads, as a list in mdoc. */
#include "commands/postconf/postconf.h"

#include "lib/base/log.h"
#include "lib/conf/params.h"

#include <limits.h>
#include <string.h>

static bool
has_word(const char *words, const char *word)
{
	size_t n = strlen(word);

	for (const char *s = words; (s = strstr(s, word)) != NULL; s += n)
		if ((s == words || s[-1] == ' ') && (s[n] == ' ' || s[n] == '\0'))
			return true;
	return false;
}

/* Text for troff: a backslash, and a dot or quote that begins a line, mean something there. */
static void
escaped(FILE *out, const char *s, bool quotes)
{
	if (*s == '.' || *s == '\'')
		fputs("\\&", out);
	for (; *s != '\0'; s++) {
		if (*s == '\\')
			fputs("\\e", out);
		else if (*s == '"' && quotes)
			fputs("\"\"", out);
		else
			putc(*s, out);
	}
}

/* One sentence a line, as mdoc wants it. */
static void
sentences(FILE *out, const char *text)
{
	const char *end;

	while ((end = strstr(text, ". ")) != NULL) {
		char line[4096];
		int n = (int)(end + 1 - text);

		snprintf(line, sizeof(line), "%.*s", n, text);
		escaped(out, line, false);
		putc('\n', out);
		text = end + 2;
	}
	escaped(out, text, false);
	putc('\n', out);
}

static void
status(FILE *out, const struct param *p)
{
	static const char *const words[] = {
		[PARAM_NO_EFFECT] = "Without effect", [PARAM_REFUSED] = "Refused", [PARAM_NOT_BUILT] = "Not built yet"
	};

	fprintf(out, ".Em %s :\n", words[param_status(p)]);
	escaped(out, param_note(p), false);
	fputs(".\n", out);
}

/* What the bounds say beyond what the type says. */
static void
bounds(FILE *out, const struct field *f)
{
	if (f->type != F_INT && f->type != F_SIZE && f->type != F_TIME)
		return;
	if (f->most < INT_MAX && f->least < 0)
		fprintf(out, "At most %ld.\n", f->most);
	else if (f->most < INT_MAX)
		fprintf(out, "From %ld to %ld.\n", f->least, f->most);
	else if (f->least > 0)
		fprintf(out, "At least %ld.\n", f->least);
}

static const char *
type_name(enum field_type type)
{
	switch (type) {
	case F_BOOL:
		return "yes or no";
	case F_INT:
		return "number";
	case F_SIZE:
		return "bytes";
	case F_TIME:
		return "time";
	case F_STR:
		return "text";
	case F_RAW:
		return "text, expanded at use";
	}
	return "text";
}

static void
item(FILE *out, const struct param *p, bool readers)
{
	const struct field f = param_field(p);
	const char *who = param_who(p);

	fprintf(out, ".It Va \"%s\" Pq %s, default: ", f.name, type_name(f.type));
	if (*f.dflt == '\0') {
		fputs("empty", out);
	} else {
		fputs("Li \"", out);
		escaped(out, f.dflt, true);
		putc('"', out);
	}
	putc('\n', out);
	sentences(out, f.doc);
	bounds(out, &f);
	if (param_status(p) != PARAM_WORKS)
		status(out, p);
	if (readers && *who != '\0')
		fprintf(out, "Read by %s.\n", strcmp(who, "all") == 0 ? "all daemons" : who);
}

static bool
reads_any(const char *program)
{
	for (size_t i = 0; i < conf_nparams; i++)
		if (has_word(param_who(&conf_params[i]), program))
			return true;
	return false;
}

/* "all" in a row are the daemons; each command is named beside it, here at least. */
static bool
is_command(const char *program)
{
	return has_word(param_who(param_find("config_directory")), program);
}

int
manual(const char *program, FILE *out)
{
	bool all = strcmp(program, "all") == 0, daemon = !is_command(program);

	if (!all && !reads_any(program))
		log_fatal(1, "%s: no program of that name reads parameters", program);
	fputs(".Bl -tag -width Ds\n", out);
	for (size_t i = 0; i < conf_nparams; i++) {
		const struct param *p = &conf_params[i];

		if (all || has_word(param_who(p), program) || (daemon && has_word(param_who(p), "all")))
			item(out, p, all);
	}
	fputs(".El\n", out);
	return 0;
}
