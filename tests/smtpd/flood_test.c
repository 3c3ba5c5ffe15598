/* SPDX-License-Identifier: Apache-2.0 */
/* Clients that send very many of something: memory stays where it was. */
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "tests/smtpd/scene.h"
#include "tests/support/test.h"

#include <sys/resource.h>

enum { ALLOWED_KIB = 8192 };

/* The session, and a death if the process has grown by much. */
static void
watched_session(struct session *s)
{
	struct rusage before, after;

	getrusage(RUSAGE_SELF, &before);
	smtpd_session(s);
	getrusage(RUSAGE_SELF, &after);
	log_info("grew by %ld KiB", after.ru_maxrss - before.ru_maxrss);
#ifndef __SANITIZE_ADDRESS__
	must_hold(after.ru_maxrss - before.ru_maxrss < ALLOWED_KIB);
#endif
}

static void
play(const char *name, const char *text)
{
	struct transcript_daemon d = scene_smtpd;

	d.session = watched_session;
	transcript_play(&d, name, text);
}

/* V-04 */
static void
many_chunks(void **state)
{
	(void)state;
	play("one byte each",
	    "S: 220 *\n"
	    "C: EHLO client.example\nS- 250 *\n"
	    "C: MAIL FROM:<a@b.example>\nS: 250 *\n"
	    "C: RCPT TO:<joe@test.example>\nS: 250 *\n"
	    "X: {100000*BDAT 1\\r\\nx}BDAT 0 LAST\\r\\n\n"
	    "S: {100000*250 2.0.0 Ok: 1 bytes}\n"
	    "S: 250 2.0.0 Ok: 100000 bytes queued as 4bQ1\n"
	    "C: QUIT\nS: 221 *\nS: <EOF>\nL: grew by *\n");
}

static void
many_refused_chunks(void **state)
{
	(void)state;
	play("nobody wants them",
	    "conf: smtpd_hard_error_limit = 1000000\nconf: smtpd_soft_error_limit = 1000000\n"
	    "S: 220 *\n"
	    "C: EHLO client.example\nS- 250 *\n"
	    "X: BDAT 1\\r\\nx{50000*BDAT 1\\r\\nx}\n"
	    "S: 503 *\n"
	    "S: {50000*551 5.0.0 Discarded 1 bytes after earlier error}\n"
	    "C: QUIT\nS: 221 *\nS: <EOF>\nL: grew by *\n");
}

static void
many_greetings_and_resets(void **state)
{
	(void)state;
	play("names and names",
	    "conf: smtpd_hard_error_limit = 1000000\nconf: smtpd_soft_error_limit = 1000000\n"
	    "S: 220 *\n"
	    "C: EHLO client.example\nS- 250 *\n"
	    "X: {20000*MAIL FROM:<{500*x}@b.example>\\r\\nRSET\\r\\n}\n"
	    "S: {40000*250 2.* Ok}\n"
	    "C: QUIT\nS: 221 *\nS: <EOF>\nL: grew by *\n");
}

static void
a_large_message(void **state)
{
	(void)state;
	play("fifty megabytes",
	    "conf: message_size_limit = 100000000\n"
	    "S: 220 *\n"
	    "C: EHLO client.example\nS- 250 *\n"
	    "C: MAIL FROM:<a@b.example>\nS: 250 *\n"
	    "C: RCPT TO:<joe@test.example>\nS: 250 *\n"
	    "C: DATA\nS: 354 *\n"
	    "X: {500000*{98*x}\\r\\n..y\\r\\n}.\\r\\n\n"
	    "S: 250 2.0.0 Ok: queued as 4bQ1\n"
	    "C: QUIT\nS: 221 *\nS: <EOF>\nL: grew by *\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(many_chunks),
		cmocka_unit_test(many_refused_chunks),
		cmocka_unit_test(many_greetings_and_resets),
		cmocka_unit_test(a_large_message),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
