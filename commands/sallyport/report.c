/* SPDX-License-Identifier: Apache-2.0 */
#include "commands/sallyport/report.h"

#include "lib/base/json.h"
#include "lib/base/log.h"
#include "lib/base/text.h"

#include <string.h>

/* So many of one kind are shown in full; of more only these, and then where the others are. */
enum { SHOWN = 4, PLACES = 12, SERVICES = 16 };

/* "main.cf" of a file in dir. */
static const char *
short_path(const char *dir, const char *file)
{
	size_t n = strlen(dir);

	return strncmp(file, dir, n) == 0 && file[n] == '/' ? file + n + 1 : file;
}

static void
put_place(FILE *out, const char *dir, const struct finding *f)
{
	if (f->file == NULL)
		return;
	fputs(short_path(dir, f->file), out);
	if (f->line > 0)
		fprintf(out, ":%d", f->line);
	fputs(": ", out);
}

/* One kind: n findings with the same code. */
static void
put_group(FILE *out, const char *dir, const struct finding *f, size_t n)
{
	/* Of a service that is not needed here each has a reason of its own. */
	size_t most = f->code == FINDING_service_ignored ? SERVICES : SHOWN, shown = n > most + 1 ? most : n;

	for (size_t i = 0; i < shown; i++) {
		fputs("  ", out);
		put_place(out, dir, &f[i]);
		fprintf(out, "%s\n", f[i].text);
		/* What is the same for all is said once, below the last one. */
		if (f[i].remedy[0] != '\0' && (i + 1 == shown || strcmp(f[i].remedy, f[i + 1].remedy) != 0))
			fprintf(out, "      -> %s\n", f[i].remedy);
	}
	if (shown == n)
		return;
	fprintf(out, "  and %zu more: %s", n - shown, finding_title(f->code));
	for (size_t i = shown; i < n && i < shown + PLACES; i++)
		if (f[i].file != NULL && f[i].line > 0)
			fprintf(out, "%s %s:%d", i == shown ? ";" : ",", short_path(dir, f[i].file), f[i].line);
	fputs(n - shown > PLACES ? ", ...\n" : "\n", out);
}

static void
put_count(FILE *out, const char **between, unsigned n, const char *what)
{
	if (n == 0)
		return;
	fprintf(out, "%s%u %s%s", *between, n, what, n == 1 ? "" : "s");
	*between = ", ";
}

static void
put_summary(FILE *out, const char *dir, const struct findings *f)
{
	const char *between = "";

	fprintf(out, "%s: ", dir);
	put_count(out, &between, f->count[SEVERITY_FATAL], "fatal error");
	put_count(out, &between, f->count[SEVERITY_ERROR], "error");
	put_count(out, &between, f->count[SEVERITY_WARNING], "warning");
	put_count(out, &between, f->count[SEVERITY_NOTE], "note");
	fputs(*between == '\0' ? "nothing to report\n" : "\n", out);
}

void
report_text(FILE *out, const char *dir, const struct findings *f)
{
	static const char *const headings[] = {
		[SEVERITY_FATAL] = "fatal: the mail system does not start",
		[SEVERITY_ERROR] = "errors: a part fails, or is dangerous",
		[SEVERITY_WARNING] = "warnings: hardly what was meant",
		[SEVERITY_NOTE] = "notes",
	};
	enum severity heading = SEVERITIES;
	size_t n;

	for (size_t i = 0; i < f->n; i += n) {
		for (n = 1; i + n < f->n && f->all[i + n].code == f->all[i].code; n++)
			;
		if (finding_severity(f->all[i].code) != heading) {
			heading = finding_severity(f->all[i].code);
			fprintf(out, "%s\n", headings[heading]);
		}
		put_group(out, dir, &f->all[i], n);
	}
	put_summary(out, dir, f);
}

static void
put_json(struct json *j, const struct finding *f)
{
	json_object(j, NULL);
	json_text(j, "severity", severity_names[finding_severity(f->code)]);
	json_text(j, "code", finding_name(f->code));
	json_text(j, "file", f->file != NULL ? f->file : "");
	json_number(j, "line", f->line);
	json_text(j, "text", f->text);
	json_text(j, "remedy", f->remedy);
	json_end(j);
}

void
report_json(FILE *out, const char *dir, const struct findings *f)
{
	struct json j = JSON(out);

	json_object(&j, NULL);
	json_number(&j, "version", 1);
	json_text(&j, "config_directory", dir);
	json_object(&j, "counts");
	for (int s = 0; s < SEVERITIES; s++)
		json_number(&j, severity_names[s], (long)f->count[s]);
	json_end(&j);
	json_array(&j, "findings");
	for (size_t i = 0; i < f->n; i++)
		put_json(&j, &f->all[i]);
	json_end(&j);
	json_end(&j);
}

void
report_log(const struct findings *f, enum severity least)
{
	for (size_t i = 0; i < f->n; i++) {
		const struct finding *x = &f->all[i];
		enum severity severity = finding_severity(x->code);
		struct buf line = BUF(8192);

		if (severity > least)
			continue;
		if (x->file != NULL && x->line > 0)
			buf_fmt(&line, "%s, line %d: ", x->file, x->line);
		else if (x->file != NULL)
			buf_fmt(&line, "%s: ", x->file);
		buf_fmt(&line, "%s%s%s", x->text, x->remedy[0] != '\0' ? "; " : "", x->remedy);
		if (severity <= SEVERITY_ERROR)
			log_error("%s", buf_str(&line));
		else
			log_warn("%s", buf_str(&line));
		buf_free(&line);
	}
}
