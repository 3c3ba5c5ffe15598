/* SPDX-License-Identifier: Apache-2.0 */
/* A delivery agent between a qmgr that asks, goes away, and comes back. */
#include "lib/service/agent.h"

#include "lib/base/log.h"
#include "lib/base/time.h"
#include "lib/ipc/qmgr.h"
#include "tests/support/test.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static struct buf logged = BUF(1 << 16);

static bool
keep_line(enum log_level level, const char *line)
{
	(void)level;
	buf_puts(&logged, line);
	buf_putc(&logged, '\n');
	return true;
}

/* The three fates, one recipient each. */
static void
deliver(struct attempt *a)
{
	struct verdict v = VERDICT(a->mem);
	char byte;

	assert_int_equal(pread(a->file, &byte, 1, 0), 1);
	a->relay = "mx.example[192.0.2.1]:25";
	agent_connected(a);
	for (size_t i = 0; i < a->n; i++) {
		switch (a->rcpts[i].address[0]) {
		case 'g':
			fine(&v, "2.0.0", "250 2.0.0 Ok");
			break;
		case 'l':
			later(&v, "4.2.2", "mailbox full");
			agent_site_down(a, &v);
			break;
		default:
			verdict_code(&v, 550, "5.1.1", "no such user");
			v.mta = "mx.example";
			v.mta_type = "dns";
			v.diag = "550 5.1.1 no";
			v.diag_type = "smtp";
		}
		agent_verdict(a, i, &v);
		assert_true(agent_decided(a, i));
	}
}

static void
deliver_rest(struct attempt *a)
{
	struct verdict v = VERDICT(a->mem);

	a->gather = true;
	never(&v, "5.0.0", "no");
	agent_verdict(a, 1, &v);
	fine(&v, "2.0.0", "yes");
	agent_verdict_rest(a, &v);
}

static const struct conf cf = { .ipc_timeout = 5, .daemon_timeout = 20 };

struct agent_run {
	struct session session;
	agent_deliver *deliver;
	pthread_t thread;
};

static void *
run(void *arg)
{
	struct agent_run *r = arg;

	agent_session(&r->session, r->deliver);
	return NULL;
}

static struct ipc *
start(struct agent_run *r, agent_deliver *how)
{
	struct conn *pair[2];
	struct ipc *i;

	assert_true(conn_pair(pair));
	r->session = (struct session){ .conn = pair[0], .cf = &cf, .service = "smtp" };
	r->deliver = how;
	assert_int_equal(pthread_create(&r->thread, NULL, run, r), 0);
	i = ipc_serve(pair[1], &deliver_protocol); /* the hello is the same on both sides */
	ipc_timeout(i, 5);
	return i;
}

static void
ask(struct ipc *i, int file, const char *const *to, int n)
{
	long now = now_us();

	if (file >= 0)
		conn_put_fd(ipc_conn(i), file);
	deliver_request_send(i,
	    &(struct deliver_request){ .queue_id = "4bQ",
		.nexthop = "example.com",
		.transport = "smtp",
		.nrcpt = n,
		.sender = "a@b.example",
		.arrival_us = now - 2000000,
		.active_us = now - 1000000 });
	for (int k = 0; k < n; k++)
		deliver_rcpt_send(i,
		    &(struct deliver_rcpt){
			.number = 100 + k, .address = to[k], .original = k == 0 ? "first@alias.example" : to[k] });
	assert_true(ipc_flush(i));
}

static int
message(void)
{
	char name[] = "/tmp/agent_test.XXXXXX";
	int fd = mkstemp(name), again;

	assert_true(fd >= 0 && write(fd, "x", 1) == 1);
	again = open(name, O_RDONLY | O_CLOEXEC);
	assert_true(again >= 0);
	close(fd);
	unlink(name);
	return again;
}

static const char *const three[] = { "good@x.example", "later@x.example", "never@x.example" };

static void
verdicts(void **state)
{
	struct arena mem = ARENA(1 << 20);
	struct deliver_verdict v;
	struct deliver_done done;
	struct agent_run r;
	struct ipc *i = start(&r, deliver);
	int file = message();

	(void)state;
	buf_clear(&logged);
	for (int round = 0; round < 2; round++) {
		ask(i, file, three, 3);
		assert_true(deliver_verdict_read(i, &mem, &v));
		assert_int_equal(v.number, 100);
		assert_int_equal(v.code, 250);
		assert_string_equal(v.action, "delivered");
		assert_true(deliver_verdict_read(i, &mem, &v));
		assert_int_equal(v.code, 451);
		assert_string_equal(v.action, "delayed");
		assert_true(deliver_verdict_read(i, &mem, &v));
		assert_int_equal(v.number, 102);
		assert_int_equal(v.code, 550);
		assert_string_equal(v.dsn, "5.1.1");
		assert_string_equal(v.mta, "mx.example");
		assert_string_equal(v.diag, "550 5.1.1 no");
		assert_true(deliver_done_read(i, &mem, &done));
		assert_true(done.site_down);
		assert_string_equal(done.site_dsn, "4.2.2");
		assert_string_equal(done.site_text, "mailbox full");
		deliver_ack_send(i, &(struct deliver_ack){});
		assert_true(ipc_flush(i));
	}
	ipc_free(&i);
	pthread_join(r.thread, NULL);
	close(file);
	assert_non_null(strstr(buf_str(&logged),
	    ": 4bQ: to=<good@x.example>, orig_to=<first@alias.example>, relay=mx.example[192.0.2.1]:25, delay=2, "
	    "delays=1/1/0"));
	assert_non_null(strstr(buf_str(&logged), ", dsn=2.0.0, status=sent (250 2.0.0 Ok)\n"));
	assert_non_null(strstr(buf_str(&logged), ": 4bQ: to=<later@x.example>, relay=mx.example[192.0.2.1]:25, "));
	assert_non_null(strstr(buf_str(&logged), ", dsn=4.2.2, status=deferred (mailbox full)\n"));
	assert_non_null(strstr(buf_str(&logged), ", dsn=5.1.1, status=bounced (no such user)\n"));
	assert_null(strstr(buf_str(&logged), "warning"));
	arena_free(&mem);
}

static void
rest(void **state)
{
	struct arena mem = ARENA(1 << 20);
	struct deliver_verdict v;
	struct deliver_done done;
	struct agent_run r;
	struct ipc *i = start(&r, deliver_rest);
	int file = message();

	(void)state;
	ask(i, file, three, 3);
	assert_true(deliver_verdict_read(i, &mem, &v) && v.number == 101 && v.code == 550);
	assert_true(deliver_verdict_read(i, &mem, &v) && v.number == 100 && v.code == 250);
	assert_true(deliver_verdict_read(i, &mem, &v) && v.number == 102 && v.code == 250);
	assert_true(deliver_done_read(i, &mem, &done));
	assert_false(done.site_down);
	deliver_ack_send(i, &(struct deliver_ack){});
	assert_true(ipc_flush(i));
	ipc_free(&i);
	pthread_join(r.thread, NULL);
	close(file);
	arena_free(&mem);
}

/* The next qmgr: refuses the first offer, breaks off at the second, then takes all. */
static void
offers(void **state)
{
	char dir[] = "/tmp/agent_test.XXXXXX", again[64];
	struct arena mem = ARENA(1 << 20);
	struct buf err = BUF(256);
	struct deliver_verdict v;
	struct qmgr_offer offer;
	struct agent_run r;
	struct ipc *i, *q;
	struct addr a;
	int file = message(), other, listener, seen = 0;

	(void)state;
	assert_true(mkdtemp(dir) != NULL && chdir(dir) == 0 && mkdir("public", 0700) == 0);
	i = start(&r, deliver);
	assert_int_equal(flock(file, LOCK_SH), 0);
	ask(i, file, three, 3);
	assert_true(deliver_verdict_read(i, &mem, &v));
	ipc_free(&i); /* with verdicts unread: as after SIGKILL */
	snprintf(again, sizeof(again), "/proc/self/fd/%d", file);
	assert_true((other = open(again, O_RDONLY)) >= 0);
	close(file);

	assert_true(addr_unix(&a, "public/qmgr"));
	assert_true((listener = addr_listen(&a, 5, &err)) >= 0);
	for (int round = 0; round < 3; round++) {
		q = ipc_serve(conn_new(accept(listener, NULL, NULL)), &qmgr_protocol);
		ipc_timeout(q, 5);
		for (;;) {
			if (!qmgr_offer_read(q, &mem, &offer))
				break;
			assert_string_equal(offer.queue_id, "4bQ");
			assert_int_equal(offer.number, 100 + seen);
			if (round == 1 && seen == 1)
				break;
			qmgr_answer_send(q, &(struct qmgr_answer){ .ok = round > 0, .text = "busy" });
			assert_true(ipc_flush(q));
			seen += round > 0;
			/* The agent's descriptor holds the lock all the time. */
			if (seen < 3)
				assert_int_equal(flock(other, LOCK_EX | LOCK_NB), -1);
		}
		ipc_free(&q);
	}
	assert_int_equal(seen, 3);
	pthread_join(r.thread, NULL);
	assert_non_null(strstr(buf_str(&logged), "lost the queue manager"));
	assert_non_null(strstr(buf_str(&logged), "the queue manager has taken the results of 3 deliveries"));
	assert_int_equal(flock(other, LOCK_EX | LOCK_NB), 0);
	close(other);
	close(listener);
	unlink("public/qmgr");
	rmdir("public");
	assert_int_equal(chdir("/"), 0);
	rmdir(dir);
	buf_free(&err);
	arena_free(&mem);
}

/* What is no request ends the session, and nothing else. */
static void
bad_requests(void **state)
{
	static const struct {
		int nrcpt;
		bool file;
		const char *logged;
	} cases[] = {
		{ 0, true, "a request for 0 recipients" },
		{ -1, true, "a request for -1 recipients" },
		{ 2000000000, true, "a request for 2000000000 recipients" },
		{ 1, false, "a request without a message" },
	};

	(void)state;
	for (size_t n = 0; n < sizeof(cases) / sizeof(*cases); n++) {
		struct agent_run r;
		struct ipc *i = start(&r, deliver);
		int file = message();

		buf_clear(&logged);
		if (cases[n].file)
			conn_put_fd(ipc_conn(i), file);
		deliver_request_send(
		    i, &(struct deliver_request){ .queue_id = "4bQ", .nexthop = "x", .nrcpt = cases[n].nrcpt });
		ipc_flush(i);
		pthread_join(r.thread, NULL);
		assert_non_null(strstr(buf_str(&logged), cases[n].logged));
		ipc_free(&i);
		close(file);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(verdicts),
		cmocka_unit_test(bad_requests),
		cmocka_unit_test(offers),
		cmocka_unit_test(rest),
	};

	log_open("postfix", "smtp", keep_line);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
