/* SPDX-License-Identifier: Apache-2.0 */
/* The client side of the resolver protocol, against a resolver that says what a table holds. */
#include "lib/net/dns.h"

#include "lib/ipc/resolver.h"
#include "tests/support/test.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const struct row {
	const char *name, *type;
	long rcode;
	const char *values; /* apart by blanks; MX: preference:name */
	enum { PLAIN, BOGUS, SILENT, HANG_UP, HANG_UP_ONCE, OLD_ANSWER_FIRST, TOO_MANY, NEGATIVE, GARBAGE } how;
} rows[] = {
	{ "a.example", "A", 0, "192.0.2.1 192.0.2.2", PLAIN },
	{ "mx.example", "MX", 0, "20:b.example 5:a.example 10:c.example", PLAIN },
	{ "null.example", "MX", 0, "0:", PLAIN },
	{ "empty.example", "A", 0, "", PLAIN },
	{ "gone.example", "A", 3, "", PLAIN },
	{ "fails.example", "A", 2, "", PLAIN },
	{ "refuses.example", "A", 5, "", PLAIN },
	{ "bogus.example", "A", 2, "192.0.2.1", BOGUS },
	{ "silent.example", "A", 0, "", SILENT },
	{ "hangup.example", "A", 0, "", HANG_UP },
	{ "once.example", "A", 0, "192.0.2.9", HANG_UP_ONCE },
	{ "old.example", "A", 0, "192.0.2.9", OLD_ANSWER_FIRST },
	{ "many.example", "A", 0, "", TOO_MANY },
	{ "negative.example", "A", 0, "", NEGATIVE },
	{ "garbage.example", "A", 0, "", GARBAGE },
	{ "1.2.0.192.in-addr.arpa", "PTR", 0, "good.example", PLAIN },
	{ "good.example", "A", 0, "192.0.2.7 192.0.2.1", PLAIN },
	{ "2.2.0.192.in-addr.arpa", "PTR", 0, "liar.example", PLAIN },
	{ "liar.example", "A", 0, "192.0.2.7", PLAIN },
	{ "3.2.0.192.in-addr.arpa", "PTR", 3, "", PLAIN },
	{ "4.2.0.192.in-addr.arpa", "PTR", 2, "", PLAIN },
	{ "5.2.0.192.in-addr.arpa", "PTR", 0, "fails.example", PLAIN },
	{ "6.2.0.192.in-addr.arpa", "PTR", 0, "10.0.0.1", PLAIN },
	{ "7.2.0.192.in-addr.arpa", "PTR", 0, "evil\"name.example", PLAIN },
	{ "8.2.0.192.in-addr.arpa", "PTR", 0, "liar.example good8.example", PLAIN },
	{ "good8.example", "A", 0, "192.0.2.8", PLAIN },
};

static char socket_path[] = "/tmp/dns_test.XXXXXX/resolver";
static int hung_up;

static void
answer(struct ipc *i, const struct row *r, long tag)
{
	char copy[256], *save = NULL;
	long count = 0;

	for (const char *s = r->values; *s != '\0'; s++)
		count += s == r->values || s[-1] == ' ';
	resolver_answer_send(i,
	    &(struct resolver_answer){ .tag = tag,
		.rcode = r->rcode,
		.bogus = r->how == BOGUS,
		.count = r->how == TOO_MANY ? 100000000
		    : r->how == NEGATIVE    ? -1
					    : count,
		.ttl = 60 });
	snprintf(copy, sizeof(copy), "%s", r->values);
	for (char *w = strtok_r(copy, " ", &save); w != NULL; w = strtok_r(NULL, " ", &save)) {
		char *colon = strchr(w, ':');
		struct resolver_record rec = { .value = colon != NULL ? colon + 1 : w };

		if (colon != NULL)
			rec.preference = atol(w);
		resolver_record_send(i, &rec);
	}
}

/* One question; false: hang up. */
static bool
serve_one(struct ipc *i, const struct resolver_ask *ask)
{
	for (size_t n = 0; n < sizeof(rows) / sizeof(*rows); n++) {
		const struct row *r = &rows[n];

		if (strcmp(r->name, ask->name) != 0 || strcmp(r->type, ask->type) != 0)
			continue;
		if (r->how == SILENT)
			return true;
		if (r->how == HANG_UP || (r->how == HANG_UP_ONCE && hung_up++ == 0))
			return false;
		if (r->how == OLD_ANSWER_FIRST)
			answer(i, &rows[0], ask->tag - 1);
		if (r->how == GARBAGE)
			conn_put(ipc_conn(i), "nonsense\0\0", 10);
		answer(i, r, ask->tag);
		return ipc_flush(i);
	}
	resolver_answer_send(i, &(struct resolver_answer){ .tag = ask->tag, .rcode = 3 });
	return ipc_flush(i);
}

static void *
serve(void *arg)
{
	int listener = *(int *)arg, fd;

	while ((fd = accept(listener, NULL, NULL)) >= 0) {
		struct arena mem = ARENA(1 << 20);
		struct resolver_ask ask;
		struct ipc *i = ipc_serve(conn_new(fd), &resolver_protocol);

		ipc_timeout(i, 5);
		while (resolver_ask_read(i, &mem, &ask) && serve_one(i, &ask))
			;
		ipc_free(&i);
		arena_free(&mem);
	}
	return NULL;
}

static struct fake {
	int listener;
	pthread_t thread;
} fake;

static int
setup(void **state)
{
	struct buf err = BUF(256);
	struct addr a;
	char *slash = strrchr(socket_path, '/');

	(void)state;
	*slash = '\0';
	if (mkdtemp(socket_path) == NULL)
		return -1;
	*slash = '/';
	if (!addr_unix(&a, socket_path) || (fake.listener = addr_listen(&a, 10, &err)) < 0)
		return -1;
	return pthread_create(&fake.thread, NULL, serve, &fake.listener);
}

static int
teardown(void **state)
{
	(void)state;
	shutdown(fake.listener, SHUT_RDWR);
	pthread_join(fake.thread, NULL);
	close(fake.listener);
	unlink(socket_path);
	*strrchr(socket_path, '/') = '\0';
	return rmdir(socket_path);
}

static void
questions(void **state)
{
	static const struct {
		const char *name, *type;
		enum dns_status want;
		const char *values; /* or what the text has */
	} cases[] = {
		{ "a.example", "A", DNS_FOUND, "192.0.2.1 192.0.2.2 " },
		{ "mx.example", "MX", DNS_FOUND, "a.example c.example b.example " },
		{ "null.example", "MX", DNS_FOUND, " " },
		{ "empty.example", "A", DNS_NO_DATA,
		    "Name service error for name=empty.example type=A: Host found but no data record of requested type" },
		{ "gone.example", "A", DNS_NO_NAME,
		    "Host or domain name not found. Name service error for name=gone.example type=A: Host not found" },
		{ "fails.example", "A", DNS_LATER, "Host not found, try again" },
		{ "refuses.example", "A", DNS_LATER, "Host not found, try again" },
		{ "bogus.example", "A", DNS_LATER, "Host not found, try again" },
		{ "silent.example", "A", DNS_LATER, "(timeout)" },
		{ "hangup.example", "A", DNS_LATER, "(lost connection)" },
		{ "a.example", "A", DNS_FOUND, "192.0.2.1 192.0.2.2 " },
		{ "once.example", "A", DNS_FOUND, "192.0.2.9 " },
		{ "old.example", "A", DNS_FOUND, "192.0.2.9 " },
		{ "many.example", "A", DNS_LATER, "records" },
		{ "negative.example", "A", DNS_LATER, "-1 records" },
		{ "garbage.example", "A", DNS_LATER, "unexpected message nonsense" },
		{ "not a name", "A", DNS_REFUSED, "Invalid host or domain name" },
		{ "", "A", DNS_REFUSED, "" },
		{ "a..b", "A", DNS_REFUSED, "" },
		{ "x\n.example", "A", DNS_REFUSED, "" },
	};
	struct dns d = DNS(socket_path, 1);

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct arena mem = ARENA(1 << 16);
		struct buf got = BUF(1000);
		struct dns_answer a;

		print_message("%s %s\n", cases[i].name, cases[i].type);
		assert_int_equal(dns_ask(&d, cases[i].name, cases[i].type, &mem, &a), cases[i].want);
		assert_int_equal(a.status, cases[i].want);
		if (cases[i].want == DNS_FOUND) {
			for (size_t n = 0; n < a.n; n++)
				buf_fmt(&got, "%s ", a.records[n].value);
			assert_string_equal(buf_str(&got), cases[i].values);
		} else {
			assert_int_equal(a.n, 0);
			assert_non_null(strstr(a.text, cases[i].values));
		}
		buf_free(&got);
		arena_free(&mem);
	}
	dns_close(&d);
}

static void
no_resolver(void **state)
{
	struct dns d = DNS("/nowhere/resolver", 1);
	struct arena mem = ARENA(1 << 16);
	struct dns_answer a;

	(void)state;
	assert_int_equal(dns_ask(&d, "a.example", "A", &mem, &a), DNS_LATER);
	assert_non_null(strstr(a.text, "/nowhere/resolver: No such file or directory"));
	arena_free(&mem);
}

static void
client_names(void **state)
{
	static const struct {
		const char *address, *name, *reverse;
		int code;
	} cases[] = {
		{ "192.0.2.1", "good.example", "good.example", 250 },
		{ "192.0.2.2", "unknown", "liar.example", 550 },
		{ "192.0.2.3", "unknown", "unknown", 550 },
		{ "192.0.2.4", "unknown", "unknown", 450 },
		{ "192.0.2.5", "unknown", "fails.example", 450 },
		{ "192.0.2.6", "unknown", "unknown", 550 },
		{ "192.0.2.7", "unknown", "unknown", 550 },
		{ "192.0.2.8", "good8.example", "good8.example", 250 },
		{ "2001:db8::1", "unknown", "unknown", 550 },
	};
	struct dns d = DNS(socket_path, 1);

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct arena mem = ARENA(1 << 16);
		struct dns_client c;
		struct addr a;

		print_message("%s\n", cases[i].address);
		assert_true(addr_parse(&a, cases[i].address, 0));
		dns_client_name(&d, &a, &mem, &c);
		assert_string_equal(c.name, cases[i].name);
		assert_string_equal(c.reverse, cases[i].reverse);
		assert_int_equal(c.code, cases[i].code);
		arena_free(&mem);
	}
	dns_close(&d);
}

static void
names(void **state)
{
	static const struct {
		const char *name;
		bool ok;
	} cases[] = {
		{ "example.com", true },
		{ "_25._tcp.mx.example.com", true },
		{ "xn--bcher-kva.example", true },
		{ "1.2.3.4", true },
		{ "a", true },
		{ "example.com.", false },
		{ ".example.com", false },
		{ "exam ple.com", false },
		{ "b\xc3\xbc"
		  "cher.example",
		    false },
		{ "a/b", false },
		{ "012345678901234567890123456789012345678901234567890123456789012.x", true },
		{ "0123456789012345678901234567890123456789012345678901234567890123.x", false },
	};
	struct arena mem = ARENA(4096);
	char longest[255];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		print_message("%s\n", cases[i].name);
		assert_int_equal(dns_name_ok(cases[i].name), cases[i].ok);
	}
	for (size_t i = 0; i < 254; i++)
		longest[i] = i % 2 ? '.' : 'a';
	longest[253] = '\0';
	assert_true(dns_name_ok(longest));
	longest[253] = 'a';
	longest[254] = '\0';
	assert_false(dns_name_ok(longest));
	arena_free(&mem);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),
		cmocka_unit_test(questions),
		cmocka_unit_test(no_resolver),
		cmocka_unit_test(client_names),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
