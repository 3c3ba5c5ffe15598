/* SPDX-License-Identifier: Apache-2.0 */
/* Many recipients, and many sessions in one process. */
#include "tests/cleanup/place.h"

#include <stdlib.h>

static const char plain[] = "Subject: hi\r\n\r\nbody\r\n";

static void
ten_thousand_recipients(void **state)
{
	static const char *const set[3] = { "duplicate_filter_limit=20000" };
	struct cleanup_done done;
	struct place p;
	struct qfile *q;
	struct ipc *i;
	char address[64];

	(void)state;
	place_open(&p, set);
	i = place_connect(&p);
	place_mail(&p, i, &(struct cleanup_mail){ .sender = "", .origin = "network" });
	for (int n = 0; n < 10000; n++) {
		snprintf(address, sizeof(address), "user%d@host%d.example", n, n % 100);
		place_rcpt(i, address);
	}
	place_content(i, plain);
	place_commit(&p, i, &done);
	assert_int_equal(done.code, 250);
	assert_int_equal(done.nrcpt, 10000);
	q = place_file(&p, done.queue_id);
	assert_string_equal(place_recipient(&p, q, 9999).address, "user9999@host99.example");
	qfile_free(&q);
	place_remove(&p, done.queue_id);
	place_hang_up(&p, &i);
	place_close(&p);
}

struct worker {
	struct place *p;
	struct session session;
	struct conn *end;
	pthread_t server, client;
	struct arena mem;
	int stored;
};

static void *
serve_worker(void *arg)
{
	struct worker *w = arg;

	cleanup_session(&w->session);
	return NULL;
}

static void *
send_messages(void *arg)
{
	struct worker *w = arg;
	struct ipc *i = ipc_serve(w->end, &cleanup_protocol);
	struct cleanup_started started;
	struct cleanup_done done;

	ipc_timeout(i, 20);
	for (int n = 0; n < 50; n++) {
		cleanup_mail_send(i, &(struct cleanup_mail){ .sender = "", .origin = "network" });
		if (!cleanup_started_read(i, &w->mem, &started))
			break;
		place_rcpt(i, n % 2 ? "joe@example.com" : "far@away.example");
		place_content(i, plain);
		cleanup_commit_send(i, &(struct cleanup_commit){});
		if (!cleanup_done_read(i, &w->mem, &done) || done.code != 250)
			break;
		w->stored++;
	}
	ipc_free(&i);
	return NULL;
}

static void
sessions_side_by_side(void **state)
{
	struct worker w[8];
	struct dirent *e;
	struct place p;
	DIR *d;

	(void)state;
	place_open(&p, NULL);
	for (size_t i = 0; i < NITEMS(w); i++) {
		struct conn *pair[2];

		assert_true(conn_pair(pair));
		w[i] = (struct worker){ .p = &p, .end = pair[0], .mem = ARENA(1 << 20) };
		w[i].session = (struct session){ .conn = pair[1], .cf = p.cf, .state = &p.shared };
		assert_int_equal(pthread_create(&w[i].server, NULL, serve_worker, &w[i]), 0);
		assert_int_equal(pthread_create(&w[i].client, NULL, send_messages, &w[i]), 0);
	}
	for (size_t i = 0; i < NITEMS(w); i++) {
		pthread_join(w[i].client, NULL);
		pthread_join(w[i].server, NULL);
		assert_int_equal(w[i].stored, 50);
		arena_free(&w[i].mem);
	}
	assert_int_equal(place_files(), 8 * 50);
	d = opendir("incoming");
	while ((e = readdir(d)) != NULL)
		if (e->d_name[0] != '.')
			place_remove(&p, e->d_name);
	closedir(d);
	place_close(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ten_thousand_recipients),
		cmocka_unit_test(sessions_side_by_side),
	};

	return cmocka_run_group_tests(tests, settings_start, NULL);
}
