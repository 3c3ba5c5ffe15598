/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/base/verdict.h"

#include "lib/base/text.h"

#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>

static void
fill(struct verdict *v, int code, const char *dsn, const char *fmt, va_list ap)
{
	char line[VERDICT_TEXT + 1];

	assert(v->mem != NULL && strlen(dsn) < sizeof(v->dsn));
	vsnprintf(line, sizeof(line), fmt, ap);
	text_printable(line);
	v->code = code;
	v->fate = code < 400 ? FATE_OK : code < 500 ? FATE_LATER : FATE_NEVER;
	memcpy(v->dsn, dsn, strlen(dsn) + 1);
	v->text = arena_str(v->mem, line);
	v->action = v->fate == FATE_OK ? "delivered" : v->fate == FATE_LATER ? "delayed" : "failed";
	v->mta = v->mta_type = v->diag = v->diag_type = "";
}

/* clang-format off */
#define FILL(v, code, dsn, fmt) do {			\
		va_list ap_;				\
		va_start(ap_, fmt);			\
		fill((v), (code), (dsn), (fmt), ap_);	\
		va_end(ap_);				\
	} while (0)
/* clang-format on */

enum fate
later(struct verdict *v, const char *dsn, const char *fmt, ...)
{
	FILL(v, strncmp(dsn, "4.3.1", 6) == 0 ? 452 : 451, dsn, fmt);
	return FATE_LATER;
}

enum fate
never(struct verdict *v, const char *dsn, const char *fmt, ...)
{
	FILL(v, strncmp(dsn, "5.3.4", 6) == 0 ? 552 : 550, dsn, fmt);
	return FATE_NEVER;
}

enum fate
fine(struct verdict *v, const char *dsn, const char *fmt, ...)
{
	FILL(v, 250, dsn, fmt);
	return FATE_OK;
}

enum fate
verdict_code(struct verdict *v, int code, const char *dsn, const char *fmt, ...)
{
	FILL(v, code, dsn, fmt);
	return v->fate;
}

void
verdict_copy(struct verdict *to, const struct verdict *from)
{
	struct arena *mem = to->mem;

	*to = *from;
	to->mem = mem;
	to->text = arena_str(mem, from->text);
	to->action = arena_str(mem, from->action);
	to->mta = arena_str(mem, from->mta);
	to->mta_type = arena_str(mem, from->mta_type);
	to->diag = arena_str(mem, from->diag);
	to->diag_type = arena_str(mem, from->diag_type);
}

/* Digits, at most most of them, no leading zero beyond "0" itself. */
static const char *
digits(const char *s, int most)
{
	int n = 0;

	while (isdigit((unsigned char)s[n]) && n < most)
		n++;
	return n > 0 && !isdigit((unsigned char)s[n]) ? s + n : NULL;
}

bool
dsn_parse(const char *text, char dsn[12])
{
	const char *s = text;

	if ((*s != '2' && *s != '4' && *s != '5') || s[1] != '.')
		return false;
	if ((s = digits(s + 2, 3)) == NULL || *s != '.')
		return false;
	if ((s = digits(s + 1, 3)) == NULL || (*s != '\0' && *s != ' '))
		return false;
	memcpy(dsn, text, (size_t)(s - text));
	dsn[s - text] = '\0';
	return true;
}
