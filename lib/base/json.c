/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/base/json.h"

#include "lib/base/log.h"
#include "lib/base/text.h"

/* Plain bytes go out in one piece. */
static void
string(FILE *out, const char *s)
{
	int n;

	putc('"', out);
	while (*s != '\0') {
		const char *start = s;

		while ((n = text_utf8(s)) > 0 && *s != '\0' && *s != '"' && *s != '\\' && (unsigned char)*s >= ' ' &&
		    *s != 127)
			s += n;
		fwrite(start, 1, (size_t)(s - start), out);
		if (*s == '\0')
			break;
		if (n == 0)
			putc('?', out);
		else if (*s == '"' || *s == '\\')
			fprintf(out, "\\%c", *s);
		else
			fprintf(out, "\\u%04x", (unsigned char)*s);
		s++;
	}
	putc('"', out);
}

static void
before(struct json *j, const char *key)
{
	if (j->depth > 0 && j->some[j->depth - 1])
		fputs(", ", j->out);
	if (j->depth > 0)
		j->some[j->depth - 1] = true;
	if (key != NULL) {
		string(j->out, key);
		fputs(": ", j->out);
	}
}

static void
after(struct json *j)
{
	if (j->depth == 0)
		putc('\n', j->out);
}

static void
open_value(struct json *j, const char *key, char open, char close)
{
	must_hold(j->depth < JSON_DEPTH);
	before(j, key);
	putc(open, j->out);
	j->close[j->depth] = close;
	j->some[j->depth++] = false;
}

void
json_object(struct json *j, const char *key)
{
	open_value(j, key, '{', '}');
}

void
json_array(struct json *j, const char *key)
{
	open_value(j, key, '[', ']');
}

void
json_end(struct json *j)
{
	must_hold(j->depth > 0);
	putc(j->close[--j->depth], j->out);
	after(j);
}

void
json_text(struct json *j, const char *key, const char *text)
{
	before(j, key);
	string(j->out, text);
	after(j);
}

void
json_number(struct json *j, const char *key, long n)
{
	before(j, key);
	fprintf(j->out, "%ld", n);
	after(j);
}

void
json_bool(struct json *j, const char *key, bool b)
{
	before(j, key);
	fputs(b ? "true" : "false", j->out);
	after(j);
}
