/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every pair of commands, made from the table of the dialogue: whatever comes
 * first, the second gets the reply that the table has for the state the first
 * one leaves; and behind any pair a message goes through.
 */
#include "smtpd/dialogue.h"
#include "tests/smtpd/scene.h"
#include "tests/support/test.h"

#include <stdlib.h>
#include <string.h>

enum { PLAYED = 1 << 20 };

/* What to say, what comes of it in a state where it is welcome, and the state then (-1: the same). */
static const struct sample {
	const char *verb, *line, *reply;
	int next;
} samples[] = {
	{ "HELO", "C: HELO client.example", "S: 250 mx.test.example", STATE_READY },
	{ "EHLO", "C: EHLO client.example", "S- 250 CHUNKING", STATE_READY },
	{ "XCLIENT", "C: XCLIENT NAME=x", "S: 550 *", -1 },
	{ "XFORWARD", "C: XFORWARD NAME=x", "S: 550 *", -1 },
	{ "STARTTLS", "C: STARTTLS", "S: 502 *", -1 },
	{ "AUTH", "C: AUTH PLAIN AGEAYg==", "S: 503 *", -1 },
	{ "MAIL", "C: MAIL FROM:<a@b.example>", "S: 250 2.1.0 Ok", STATE_MAIL },
	{ "RCPT", "C: RCPT TO:<joe@test.example>", "S: 250 2.1.5 Ok", STATE_RCPT },
	{ "DATA", "C: DATA\nS: 354 *\nC: .", "S: 250 2.0.0 Ok: queued as *", STATE_READY },
	{ "BDAT", "X: BDAT 1\\r\\nx", "S: 250 2.0.0 Ok: 1 bytes", STATE_BDAT },
	{ "RSET", "C: RSET", "S: 250 2.0.0 Ok", STATE_READY },
	{ "NOOP", "C: NOOP", "S: 250 2.0.0 Ok", -1 },
	{ "VRFY", "C: VRFY joe@test.example", "S: 252 *", -1 },
	{ "EXPN", "C: EXPN x", "S: 502 *", -1 },
	{ "ETRN", "C: ETRN test.example", "S: *", -1 },
	{ "HELP", "C: HELP", "S: 214 *", -1 },
	{ "QUIT", "C: QUIT", "S: 221 2.0.0 Bye\nS: <EOF>", STATE_BYE },
};

/* How to get into a state, from the very beginning and from STATE_READY or STATE_CONNECTED. */
static const char *const ways[STATES] = {
	[STATE_CONNECTED] = "",
	[STATE_READY] = "C: EHLO x\nS- 250 *\n",
	[STATE_MAIL] = "C: EHLO x\nS- 250 *\nC: MAIL FROM:<a@b.example>\nS: 250 *\n",
	[STATE_RCPT] = "C: EHLO x\nS- 250 *\nC: MAIL FROM:<a@b.example>\nS: 250 *\n"
		       "C: RCPT TO:<joe@test.example>\nS: 250 *\n",
	[STATE_BDAT] = "C: EHLO x\nS- 250 *\nC: MAIL FROM:<a@b.example>\nS: 250 *\n"
		       "C: RCPT TO:<joe@test.example>\nS: 250 *\nX: BDAT 1\\r\\nx\nS: 250 *\n",
	[STATE_SPOILT] = "C: EHLO x\nS- 250 *\nX: BDAT 1\\r\\nx\nS: 503 *\n",
};

static const char start[] = "conf: smtpd_hard_error_limit = 100000\nconf: smtpd_soft_error_limit = 100000\nS: 220 *\n";
static const char message[] = "C: RSET\nS: 250 2.0.0 Ok\nC: MAIL FROM:<z@b.example>\nS: 250 2.1.0 Ok\n"
			      "C: RCPT TO:<jane@test.example>\nS: 250 2.1.5 Ok\nC: DATA\nS: 354 *\nC: .\n"
			      "S: 250 2.0.0 Ok: queued as *\n";

static const struct verb *
verb_of(const struct sample *s)
{
	for (size_t i = 0; i < dialogue_nverbs; i++)
		if (strcmp(dialogue_verbs[i].name, s->verb) == 0)
			return &dialogue_verbs[i];
	fail_msg("%s is not in the table", s->verb);
	return NULL;
}

/* The command and the reply that it must get in the state; the state behind it. */
static enum state
say(struct buf *b, const struct sample *s, enum state state)
{
	const char *refused = verb_of(s)->refused[state];

	if (refused != NULL) {
		/* DATA without its text */
		buf_fmt(b, "%.*s\nS: %s\n", (int)strcspn(s->line, "\n"), s->line, refused);
		return state;
	}
	if (strcmp(s->verb, "BDAT") == 0 && state != STATE_RCPT && state != STATE_BDAT) {
		buf_fmt(b, "%s\nS: 5*\n", s->line);
		return STATE_SPOILT;
	}
	buf_fmt(b, "%s\n%s\n", s->line, s->reply);
	if (strcmp(s->verb, "RSET") == 0 && state == STATE_CONNECTED)
		return state;
	return s->next >= 0 ? (enum state)s->next : state;
}

/* The pair, and a message behind it; false: the session is over. */
static bool
add_pair(struct buf *b, const struct sample *first, const struct sample *second, enum state state)
{
	buf_fmt(b, "# %s %s\n%s", first->verb, second->verb, ways[state]);
	if ((state = say(b, first, state)) != STATE_BYE)
		state = say(b, second, state);
	if (state != STATE_BYE)
		buf_puts(b, message);
	return state != STATE_BYE;
}

/* Pairs that leave the session as it was share one; the others have one each. */
static bool
may_share(const struct sample *s, enum state from)
{
	return strcmp(s->verb, "QUIT") != 0 &&
	    (from != STATE_CONNECTED || s->next != STATE_READY || strcmp(s->verb, "DATA") == 0 ||
		strcmp(s->verb, "RSET") == 0);
}

static void
pairs_from(enum state from)
{
	struct buf shared = BUF(PLAYED);

	buf_puts(&shared, start);
	for (size_t i = 0; i < NITEMS(samples); i++) {
		for (size_t k = 0; k < NITEMS(samples); k++) {
			struct buf alone = BUF(PLAYED);

			if (may_share(&samples[i], from) && may_share(&samples[k], from)) {
				assert_true(add_pair(&shared, &samples[i], &samples[k], from));
				continue;
			}
			buf_puts(&alone, start);
			add_pair(&alone, &samples[i], &samples[k], from);
			transcript_play(&scene_smtpd, samples[i].verb, buf_str(&alone));
			buf_free(&alone);
			if (strcmp(samples[i].verb, "QUIT") == 0)
				break;
		}
	}
	assert_true(buf_ok(&shared));
	transcript_play(&scene_smtpd, "pairs", buf_str(&shared));
	buf_free(&shared);
}

static void
every_pair(void **state)
{
	pairs_from(*(const enum state *)*state);
}

/* A new verb needs a sample. */
static void
every_verb_has_a_sample(void **state)
{
	(void)state;
	assert_int_equal(NITEMS(samples), dialogue_nverbs);
	for (size_t i = 0; i < NITEMS(samples); i++)
		assert_non_null(verb_of(&samples[i]));
}

int
main(void)
{
	static enum state states[] = { STATE_CONNECTED, STATE_READY, STATE_MAIL, STATE_RCPT, STATE_BDAT, STATE_SPOILT };
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_verb_has_a_sample),
		cmocka_unit_test_prestate(every_pair, &states[0]),
		cmocka_unit_test_prestate(every_pair, &states[1]),
		cmocka_unit_test_prestate(every_pair, &states[2]),
		cmocka_unit_test_prestate(every_pair, &states[3]),
		cmocka_unit_test_prestate(every_pair, &states[4]),
		cmocka_unit_test_prestate(every_pair, &states[5]),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
