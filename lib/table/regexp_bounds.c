/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/table/regexp_bounds.h"

#include <string.h>

enum { DEPTH_MAX = 50, NODES_MAX = 20000, ABSENT_MAX = 300, CHOICES_MAX = 3000, REPEAT_MAX = 32767 };

/* What a part of a pattern costs when it is written out. */
struct cost {
	double nodes;
	double choices;	 /* alternatives */
	double absent;	 /* the longest row of parts that may be absent, within */
	bool may_vanish; /* it matches the empty string */
};
struct reading {
	const char *at;
	bool extended;
	int depth;
	const char *why;
};

static struct cost read_choice(struct reading *);

/* Past "[...]", which may have a "]" in front and classes with one inside. */
static const char *
skip_bracket(const char *at)
{
	at++;
	if (*at == '^')
		at++;
	if (*at == ']')
		at++;
	while (*at != '\0' && *at != ']') {
		if (*at == '[' && at[1] != '\0' && strchr(".:=", at[1]) != NULL) {
			char close[3] = { at[1], ']', '\0' };
			const char *end = strstr(at + 2, close);

			at = end != NULL ? end + 2 : at + 1;
		} else {
			at++;
		}
	}
	return *at != '\0' ? at + 1 : at;
}

/* Is the operator here, written "(" or, in the basic syntax, "\("?  Then past it. */
static bool
operator(struct reading *r, char c)
{
	if (r->extended ? *r->at != c : *r->at != '\\' || r->at[1] != c)
		return false;
	r->at += r->extended ? 1 : 2;
	return true;
}

static struct cost
read_one(struct reading *r)
{
	struct cost one = { .nodes = 1 };

	if (operator(r, '(')) {
		if (++r->depth > DEPTH_MAX)
			r->why = "more than 50 groups in each other";
		else
			one = read_choice(r);
		r->depth--;
		one.nodes += 1;
		operator(r, ')');
		return one;
	}
	if (*r->at == '[')
		r->at = skip_bracket(r->at);
	else
		r->at += 1 + (*r->at == '\\' && r->at[1] != '\0');
	return one;
}

static long
read_count(const char **at)
{
	long n = 0;

	while (**at >= '0' && **at <= '9') {
		if (n <= REPEAT_MAX)
			n = n * 10 + (**at - '0');
		++*at;
	}
	return n;
}

/* {2}, {2,}, {2,5}, {,5} */
static void
read_interval(struct reading *r, long *least, long *most)
{
	*least = *most = read_count(&r->at);
	if (*r->at == ',') {
		r->at++;
		*most = *r->at >= '0' && *r->at <= '9' ? read_count(&r->at) : *least + 1;
	}
	if (!r->extended && *r->at == '\\')
		r->at++;
	if (*r->at == '}')
		r->at++;
	if (*most < *least)
		*most = *least;
}

static struct cost
repeated(struct cost c, long least, long most)
{
	double times = most > 0 ? (double)most : 1, skipped = (double)(most - least);

	return (struct cost){
		.nodes = (c.nodes + 1) * times,
		.choices = c.choices * times,
		.absent = (c.may_vanish ? c.absent * times : 2 * c.absent) + skipped + (least == 0),
		.may_vanish = c.may_vanish || least == 0,
	};
}

static struct cost
read_repeated(struct reading *r)
{
	struct cost c = read_one(r);

	for (;;) {
		long least, most;

		if (*r->at == '*') {
			r->at++;
			c = repeated(c, 0, 1);
		} else if (operator(r, '+')) {
			c = repeated(c, 1, 2);
		} else if (operator(r, '?')) {
			c = repeated(c, 0, 1);
		} else if (operator(r, '{')) {
			read_interval(r, &least, &most);
			c = repeated(c, least, most);
		} else {
			return c;
		}
	}
}

static bool
at_end(const struct reading *r, char c)
{
	return *r->at == '\0' || r->why != NULL ||
	    (r->extended ? *r->at == c || *r->at == '|' : *r->at == '\\' && (r->at[1] == c || r->at[1] == '|'));
}

static struct cost
read_row(struct reading *r)
{
	struct cost row = { .may_vanish = true };
	double run = 0;

	while (!at_end(r, ')') || (r->depth == 0 && *r->at == ')' && r->why == NULL)) {
		struct cost c = read_repeated(r);

		row.nodes += c.nodes;
		row.choices += c.choices;
		run += c.absent;
		if (run > row.absent)
			row.absent = run;
		if (!c.may_vanish) {
			row.may_vanish = false;
			run = c.absent;
		}
	}
	return row;
}

static struct cost
read_choice(struct reading *r)
{
	struct cost all = read_row(r);

	while (r->why == NULL && operator(r, '|')) {
		struct cost c = read_row(r);

		all.nodes += c.nodes + 1;
		all.choices += c.choices + 1;
		all.absent = c.absent > all.absent ? c.absent : all.absent;
		all.may_vanish = all.may_vanish || c.may_vanish;
	}
	return all;
}

const char *
regexp_too_large(const char *pattern, bool extended)
{
	struct reading r = { .at = pattern, .extended = extended };
	struct cost c = { 0 };

	while (*r.at != '\0' && r.why == NULL) {
		struct cost more = read_choice(&r);

		c.nodes += more.nodes;
		c.choices += more.choices;
		c.absent += more.absent;
		if (r.why == NULL && *r.at != '\0') /* a parenthesis that nobody opened */
			r.at += 1 + (*r.at == '\\' && r.at[1] != '\0');
	}
	if (r.why != NULL)
		return r.why;
	if (c.nodes > NODES_MAX)
		return "repetitions that are more than 20000 characters when they are written out";
	if (c.choices > CHOICES_MAX)
		return "more than 3000 alternatives";
	return c.absent > ABSENT_MAX ? "more than 300 parts in a row that may be absent" : NULL;
}

/* Repetitions without end, and references to groups; a group or a reference that is repeated counts thrice. */
static void
count_loops(const char *at, bool extended, int *loops, int *references)
{
	bool group = false; /* the end of one, or a reference, stands before */

	for (*loops = *references = 0; *at != '\0';) {
		bool escaped = *at == '\\' && at[1] != '\0';
		char c = escaped ? at[1] : *at;

		if (!escaped && c == '[') {
			at = skip_bracket(at);
			group = false;
			continue;
		}
		if (escaped && c >= '1' && c <= '9')
			++*references;
		if ((c == '*' && !escaped) || ((c == '+' || c == '{') && escaped != extended))
			*loops += group ? 3 : 1;
		group = (escaped && c >= '1' && c <= '9') || (c == ')' && escaped != extended);
		at += 1 + escaped;
	}
}

size_t
regexp_longest_key(const char *pattern, bool extended)
{
	int loops, references;

	count_loops(pattern, extended, &loops, &references);
	if (references == 0 || loops == 0)
		return SIZE_MAX;
	loops += references;
	/* Measured: within a second the worst of each has ended. */
	return loops <= 2 ? 256 : loops == 3 ? 128 : loops == 4 ? 48 : loops <= 7 ? 32 : 0;
}

/* Past "*", "+{2,3}" and the like; *may_vanish: what stands before them need not be there. */
static const char *
skip_repetition(const char *at, bool *may_vanish)
{
	for (*may_vanish = false; *at != '\0' && strchr("*+?{", *at) != NULL;) {
		*may_vanish |= *at != '+';
		at += *at == '{' ? strcspn(at, "}") : 0;
		at += *at != '\0';
	}
	return at;
}

struct byte_set
regexp_required(const char *pattern, bool extended)
{
	const struct byte_set none = { 0 };
	struct byte_set s = none;

	if (!extended || strpbrk(pattern, "|()") != NULL)
		return none;
	while (*pattern != '\0') {
		const char *here = pattern;
		bool may_vanish;

		pattern = *here == '[' ? skip_bracket(here) : here + 1 + (*here == '\\' && here[1] != '\0');
		pattern = skip_repetition(pattern, &may_vanish);
		if (!may_vanish && strchr("^$.[\\*+?{", *here) == NULL)
			byte_set_add(&s, (unsigned char)*here);
	}
	return s;
}
