/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/base/field.h"

#include "lib/base/log.h"
#include "lib/base/text.h"

#include <assert.h>
#include <string.h>

enum { FIELDS_MAX = 64 }; /* a record's fields are ticked off in one word */

static void *
member(const struct field *f, void *rec)
{
	return (char *)rec + f->at;
}

static const void *
member_const(const struct field *f, const void *rec)
{
	return (const char *)rec + f->at;
}

static bool
parse_bounded(const struct field *f, const char *text, long n, struct arena *mem, long *out, const char **why)
{
	if (f->most != 0 && (n < f->least || n > f->most)) {
		*why = arena_fmt(mem, "value %s is out of range: %ld to %ld", text, f->least, f->most);
		return false;
	}
	*out = n;
	return true;
}

static bool
parse_number(const struct field *f, const char *text, struct arena *mem, long *out, const char **why)
{
	bool minus = *text == '-' && f->type == F_INT;
	long n;

	if (!text_number(text + minus, 0, INT64_MAX, &n)) {
		*why = arena_fmt(mem, "bad numeric value: \"%s\"", text);
		return false;
	}
	return parse_bounded(f, text, minus ? -n : n, mem, out, why);
}

static long
unit_seconds(char unit)
{
	switch (unit) {
	case 's':
		return 1;
	case 'm':
		return 60;
	case 'h':
		return 3600;
	case 'd':
		return 86400;
	case 'w':
		return 604800;
	default:
		return 0;
	}
}

static bool
parse_time(const struct field *f, const char *text, struct arena *mem, long *out, const char **why)
{
	size_t n = strlen(text), d = f->dflt != NULL ? strlen(f->dflt) : 0;
	long unit = d > 0 ? unit_seconds(f->dflt[d - 1]) : 1, count, seconds;
	char digits[24];

	if (unit == 0)
		unit = 1;
	/* Of several units the first one counts: a default may be "${old_name?{$old_name}:{1}}h", and the old name 5m. */
	while (n > 0 && unit_seconds(text[n - 1]) != 0)
		unit = unit_seconds(text[--n]);
	if (n >= sizeof(digits) || n == 0) {
		*why = arena_fmt(mem, "bad time value: \"%s\" (a number and one of s m h d w is wanted)", text);
		return false;
	}
	memcpy(digits, text, n);
	digits[n] = '\0';
	if (!text_number(digits, 0, INT64_MAX, &count) || __builtin_mul_overflow(count, unit, &seconds)) {
		*why = arena_fmt(mem, "bad time value: \"%s\" (a number and one of s m h d w is wanted)", text);
		return false;
	}
	return parse_bounded(f, text, seconds, mem, out, why);
}

static bool
parse_bool(const char *text, struct arena *mem, bool *out, const char **why)
{
	if (text_same(text, "yes"))
		*out = true;
	else if (text_same(text, "no"))
		*out = false;
	else {
		*why = arena_fmt(mem, "bad boolean value: \"%s\" (yes or no is wanted)", text);
		return false;
	}
	return true;
}

bool
field_parse(const struct field *f, const char *text, struct arena *mem, void *rec, const char **why)
{
	switch (f->type) {
	case F_STR:
	case F_RAW:
		/* Most optional ones are. */
		*(const char **)member(f, rec) = text[0] == '\0' ? "" : arena_str(mem, text);
		if (!arena_ok(mem)) {
			*why = "value is too long";
			return false;
		}
		return true;
	case F_INT:
	case F_SIZE:
		return parse_number(f, text, mem, member(f, rec), why);
	case F_TIME:
		return parse_time(f, text, mem, member(f, rec), why);
	case F_BOOL:
		return parse_bool(text, mem, member(f, rec), why);
	}
	log_panic(__FILE__, __LINE__, "field %s has no type", f->name);
}

/* Records have many of them, and printf is slow. */
static void
print_number(struct buf *b, long n)
{
	unsigned long left = n < 0 ? -(unsigned long)n : (unsigned long)n;
	char digits[24], *end = digits + sizeof(digits), *s = end;

	do {
		*--s = (char)('0' + left % 10);
		left /= 10;
	} while (left > 0);
	if (n < 0)
		*--s = '-';
	buf_add(b, s, (size_t)(end - s));
}

/* The largest unit that loses nothing: 300 is "5m", 90 is "90s". */
static void
print_time(struct buf *b, long seconds)
{
	static const char units[] = "wdhms";

	for (const char *u = units; *u != '\0'; u++) {
		if (seconds % unit_seconds(*u) == 0 && (seconds != 0 || *u == 's')) {
			buf_fmt(b, "%ld%c", seconds / unit_seconds(*u), *u);
			return;
		}
	}
}

void
field_print(struct buf *b, const struct field *f, const void *rec)
{
	const char *s;

	switch (f->type) {
	case F_STR:
	case F_RAW:
		s = *(const char *const *)member_const(f, rec);
		buf_puts(b, s != NULL ? s : "");
		break;
	case F_INT:
	case F_SIZE:
		print_number(b, *(const long *)member_const(f, rec));
		break;
	case F_TIME:
		print_time(b, *(const long *)member_const(f, rec));
		break;
	case F_BOOL:
		buf_puts(b, *(const bool *)member_const(f, rec) ? "yes" : "no");
		break;
	}
}

const struct field *
field_find(const struct field *rows, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(rows[i].name, name) == 0)
			return &rows[i];
	return NULL;
}

static void
set_default(const struct field *f, struct arena *mem, void *rec)
{
	const char *why;

	if (f->dflt != NULL) {
		if (!field_parse(f, f->dflt, mem, rec, &why))
			log_panic(__FILE__, __LINE__, "default of %s: %s", f->name, why);
	} else if (f->type == F_STR || f->type == F_RAW) {
		*(const char **)member(f, rec) = "";
	} else if (f->type == F_BOOL) {
		*(bool *)member(f, rec) = false;
	} else {
		*(long *)member(f, rec) = 0;
	}
}

void
field_defaults(const struct field *rows, size_t n, struct arena *mem, void *rec)
{
	for (size_t i = 0; i < n; i++)
		set_default(&rows[i], mem, rec);
}

void
record_put(struct buf *b, const struct field *rows, size_t n, const void *rec, int version)
{
	for (size_t i = 0; i < n; i++) {
		if (rows[i].since > version)
			continue;
		buf_puts(b, rows[i].name);
		buf_putc(b, '=');
		field_print(b, &rows[i], rec);
		buf_putc(b, '\0');
	}
}

static bool
missing_ones(
    const struct field *rows, size_t n, unsigned long seen, int version, struct arena *mem, void *rec, const char **why)
{
	for (size_t i = 0; i < n; i++) {
		if (seen & 1ul << i)
			continue;
		if (rows[i].dflt == NULL && rows[i].since <= version) {
			*why = arena_fmt(mem, "field %s is missing", rows[i].name);
			return false;
		}
		set_default(&rows[i], mem, rec);
	}
	return true;
}

/* Records were written in the order of the rows, so the one after the last is tried first. */
static const struct field *
row_named(const struct field *rows, size_t n, size_t next, const char *name, size_t len)
{
	for (size_t i = 0; i < n; i++) {
		const struct field *f = &rows[next + i < n ? next + i : next + i - n];

		if (strncmp(f->name, name, len) == 0 && f->name[len] == '\0')
			return f;
	}
	return NULL;
}

bool
record_get(const struct field *rows, size_t n, const char *text, size_t len, int version, struct arena *mem, void *rec,
    const char **why)
{
	const char *s = text, *end = text + len, *nul, *eq, *detail;
	unsigned long seen = 0;
	const struct field *f;
	size_t next = 0;

	must_hold(n <= FIELDS_MAX);
	for (; s < end; s = nul + 1) {
		if ((nul = memchr(s, '\0', (size_t)(end - s))) == NULL) {
			*why = "record ends within a field";
			return false;
		}
		if ((eq = memchr(s, '=', (size_t)(nul - s))) == NULL) {
			*why = "record has a field without a value";
			return false;
		}
		f = row_named(rows, n, next, s, (size_t)(eq - s));
		if (f == NULL || f->since > version) {
			*why = arena_fmt(mem, "unknown field %.*s", (int)(eq - s > 40 ? 40 : eq - s), s);
			return false;
		}
		if (seen & 1ul << (f - rows)) {
			*why = arena_fmt(mem, "field %s is repeated", f->name);
			return false;
		}
		seen |= 1ul << (f - rows);
		next = (size_t)(f - rows) + 1;
		if (!field_parse(f, eq + 1, mem, rec, &detail)) {
			*why = arena_fmt(mem, "field %s: %s", f->name, detail);
			return false;
		}
	}
	if (!missing_ones(rows, n, seen, version, mem, rec, why))
		return false;
	if (!arena_ok(mem)) {
		*why = "record is too large";
		return false;
	}
	return true;
}
