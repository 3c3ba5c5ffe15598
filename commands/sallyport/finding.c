/* SPDX-License-Identifier: Apache-2.0 */
#include "commands/sallyport/finding.h"

#include "lib/base/mem.h"
#include "lib/base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_MOST = 4096 };

const char *const severity_names[] = {
	[SEVERITY_FATAL] = "fatal",
	[SEVERITY_ERROR] = "error",
	[SEVERITY_WARNING] = "warning",
	[SEVERITY_NOTE] = "note",
};

static const struct row {
	const char *name, *title;
	enum severity severity;
} rows[] = {
#define FINDING(code, severity, title) { #code, title, SEVERITY_##severity },
#include "commands/sallyport/findings.def"
#undef FINDING
};

const char *
finding_name(enum finding_code code)
{
	return rows[code].name;
}

const char *
finding_title(enum finding_code code)
{
	return rows[code].title;
}

enum severity
finding_severity(enum finding_code code)
{
	return rows[code].severity;
}

static bool
said_before(struct findings *f, enum finding_code code, struct spot at, const char *text)
{
	char *key = mem_fmt("%d %s:%d %s", code, at.file != NULL ? at.file : "", at.line, text);
	bool before = hash_put(&f->said, key, f) != NULL;

	free(key);
	return before;
}

static void
add(struct findings *f, enum finding_code code, struct spot at, const char *remedy, const char *text)
{
	if (said_before(f, code, at, text))
		return;
	f->count[rows[code].severity]++;
	if (f->n >= FINDINGS_MOST) {
		f->lost++;
		return;
	}
	if ((f->n & (f->n - 1)) == 0)
		f->all = mem_grow(f->all, f->n > 0 ? 2 * f->n : 1, sizeof(*f->all));
	f->all[f->n++] = (struct finding){ .code = code,
		.file = at.file != NULL ? mem_str(at.file) : NULL,
		.text = mem_str(text),
		.remedy = mem_str(remedy),
		.line = at.line };
	text_printable(f->all[f->n - 1].text);
	text_printable(f->all[f->n - 1].remedy);
}

void
finding_add(struct findings *f, enum finding_code code, struct spot at, const char *remedy, const char *fmt, ...)
{
	char text[TEXT_MOST];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	add(f, code, at, remedy, text);
}

/* "PATH, line N: rest" in its parts; cuts s. */
static char *
take_spot(char *s, struct spot *at)
{
	char *comma = strstr(s, ", line "), *end;
	long line;

	if (s[0] != '/' || comma == NULL || memchr(s, '\n', (size_t)(comma - s)) != NULL)
		return s;
	line = strtol(comma + strlen(", line "), &end, 10);
	if (line <= 0 || line > 1 << 30 || end[0] != ':')
		return s;
	*comma = '\0';
	*at = (struct spot){ s, (int)line };
	return end + 1 + strspn(end + 1, " ");
}

void
finding_told(struct findings *f, enum finding_code code, struct spot at, const char *message)
{
	char *copy = mem_str(message), *text, *remedy;

	copy[strcspn(copy, "\n")] = '\0';
	text = take_spot(copy, &at);
	if ((remedy = strstr(text, "; ")) != NULL) {
		*remedy = '\0';
		remedy += 2;
	}
	add(f, code, at, remedy != NULL ? remedy : "", text);
	free(copy);
}

static int
by_use(const void *a, const void *b)
{
	const struct finding *x = a, *y = b;
	int order = (int)rows[x->code].severity - (int)rows[y->code].severity;

	if (order == 0)
		order = (int)x->code - (int)y->code;
	if (order == 0)
		order = strcmp(x->file != NULL ? x->file : "", y->file != NULL ? y->file : "");
	if (order == 0)
		order = (x->line > y->line) - (x->line < y->line);
	return order != 0 ? order : strcmp(x->text, y->text);
}

void
findings_sort(struct findings *f)
{
	if (f->n > 0)
		qsort(f->all, f->n, sizeof(*f->all), by_use);
}

void
findings_free(struct findings *f)
{
	for (size_t i = 0; i < f->n; i++) {
		free(f->all[i].file);
		free(f->all[i].text);
		free(f->all[i].remedy);
	}
	free(f->all);
	hash_free(&f->said, NULL);
	*f = (struct findings)FINDINGS;
}
