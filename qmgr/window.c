/* SPDX-License-Identifier: Apache-2.0 */
#include "qmgr/window.h"

#include <stdlib.h>
#include <string.h>

/* Three times a third is one, whatever the machine says. */
#define NEARLY 1e-9

bool
feedback_parse(const char *text, struct feedback *out)
{
	struct feedback f = { .divided = FEEDBACK_PLAIN };
	char *end;

	if (*text != '.' && (*text < '0' || *text > '9'))
		return false;
	f.amount = strtod(text, &end);
	if (*end == '/') {
		const char *by = end + 1;

		if (strcmp(by, "concurrency") == 0) {
			f.divided = FEEDBACK_BY_N;
		} else if (strcmp(by, "sqrt_concurrency") == 0) {
			f.divided = FEEDBACK_BY_ROOT;
		} else {
			double n = strtod(by, &end);

			if (end == by || *end != '\0' || !(n > 0))
				return false;
			f.amount /= n;
		}
	} else if (*end != '\0') {
		return false;
	}
	if (!(f.amount >= 0 && f.amount <= 1))
		return false;
	*out = f;
	return true;
}

/* Newton's square root: windows are small, and libm is not worth it for this. */
static double
root(double n)
{
	double r = n;

	for (int i = 0; i < 40 && r * r - n > NEARLY * n; i++)
		r = (r + n / r) / 2;
	return r;
}

static double
worth(const struct feedback *f, long size)
{
	double n = size > 0 ? (double)size : 1;

	switch (f->divided) {
	case FEEDBACK_BY_N:
		return f->amount / n;
	case FEEDBACK_BY_ROOT:
		return f->amount / root(n);
	default:
		return f->amount;
	}
}

static void
keep_within(struct window *w, const struct window_limits *l)
{
	if (l->most > 0 && w->size > l->most)
		w->size = l->most;
	if (w->size < 1)
		w->size = 1;
}

void
window_start(struct window *w, const struct window_limits *l)
{
	*w = (struct window){ .size = l->initial };
	keep_within(w, l);
}

void
window_good(struct window *w, const struct window_limits *l, long busy)
{
	w->cohorts = 0;
	/* A window that is not filled has proved nothing; growing it would only delay a later correction. */
	if (w->size >= busy + l->initial)
		return;
	w->success += worth(&l->up, w->size);
	while (w->success >= 1 - NEARLY) {
		w->size++;
		w->success -= 1;
		w->failure = 0;
	}
	keep_within(w, l);
}

bool
window_bad(struct window *w, const struct window_limits *l)
{
	w->cohorts += 1.0 / (double)w->size;
	if (l->cohorts > 0 && w->cohorts > (double)l->cohorts + NEARLY)
		return true;
	w->failure -= worth(&l->down, w->size);
	while (w->failure < -NEARLY) {
		w->size--;
		w->failure += 1;
		w->success = 0;
	}
	keep_within(w, l);
	return false;
}
