/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/net/addr.h"

#include "tests/support/test.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void
parsing(void **state)
{
	static const struct {
		const char *text, *host, *literal, *reverse; /* host NULL: no address */
	} cases[] = {
		{ "192.0.2.1", "192.0.2.1", "[192.0.2.1]", "1.2.0.192.in-addr.arpa" },
		{ "[192.0.2.1]", "192.0.2.1", "[192.0.2.1]", "1.2.0.192.in-addr.arpa" },
		{ "2001:DB8::1", "2001:db8::1", "[IPv6:2001:db8::1]",
		    "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa" },
		{ "[::1]", "::1", "[IPv6:::1]",
		    "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.ip6.arpa" },
		{ "[IPv6:::1]", "::1", "[IPv6:::1]", NULL },
		{ "ipv6:::1", "::1", "[IPv6:::1]", NULL },
		{ "::ffff:192.0.2.1", "192.0.2.1", "[192.0.2.1]", "1.2.0.192.in-addr.arpa" },
		{ "[::ffff:c000:201]", "192.0.2.1", "[192.0.2.1]", NULL },
		{ "", NULL, NULL, NULL },
		{ "[", NULL, NULL, NULL },
		{ "[]", NULL, NULL, NULL },
		{ "[192.0.2.1", NULL, NULL, NULL },
		{ "192.0.2.1]", NULL, NULL, NULL },
		{ "192.0.2", NULL, NULL, NULL },
		{ "192.0.2.256", NULL, NULL, NULL },
		{ "192.0.2.1 ", NULL, NULL, NULL },
		{ "0300.0.2.1", NULL, NULL, NULL },
		{ "IPv6:192.0.2.1", NULL, NULL, NULL },
		{ "::1%nosuchinterface", NULL, NULL, NULL },
		{ "localhost", NULL, NULL, NULL },
		{ "[2001:0db8:0000:0000:0000:0000:0000:0001:0002:0003:0004:0005:0006:0007:0008:0009:000a:000b:000c:"
		  "000d:000e:000f:0010]",
		    NULL, NULL, NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct buf b = BUF(256);
		struct addr a;
		char text[ADDR_TEXT];

		print_message("%s\n", cases[i].text);
		assert_int_equal(addr_parse(&a, cases[i].text, 25), cases[i].host != NULL);
		if (cases[i].host == NULL)
			continue;
		assert_string_equal(addr_host(&a, text), cases[i].host);
		assert_int_equal(addr_port(&a), 25);
		addr_literal(&a, &b);
		assert_string_equal(buf_str(&b), cases[i].literal);
		buf_clear(&b);
		addr_reverse_name(&a, &b);
		if (cases[i].reverse != NULL)
			assert_string_equal(buf_str(&b), cases[i].reverse);
		buf_free(&b);
	}
}

static const struct {
	const char *net, *error; /* error NULL: fine; else what it contains */
	const char *in, *out;	 /* addresses that it has, that it has not */
} nets[] = {
	{ "127.0.0.0/8", NULL, "127.0.0.1 127.255.255.255 ::ffff:127.0.0.1", "128.0.0.1 126.0.0.1 ::2" },
	{ "[::1]/128", NULL, "::1", "::2 127.0.0.1" },
	{ "10.0.0.0/9", NULL, "10.127.255.255", "10.128.0.0" },
	{ "10.0.0.4/30", NULL, "10.0.0.7", "10.0.0.8 10.0.0.3" },
	{ "0.0.0.0/0", NULL, "1.2.3.4 255.255.255.255", "::1" },
	{ "[::]/0", NULL, "::1 2001:db8::1", "1.2.3.4" },
	{ "2001:db8::/33", NULL, "2001:db8:7fff::1", "2001:db8:8000::1" },
	{ "[2001:db8::1]", NULL, "2001:db8::1", "2001:db8::2" },
	{ "192.168.1.1/24",
	    "non-null host address bits in \"192.168.1.1/24\", perhaps you should use \"192.168.1.0/24\" instead", "",
	    "" },
	{ "[2001:db8::1]/32",
	    "non-null host address bits in \"[2001:db8::1]/32\", perhaps you should use \"[2001:db8::]/32\" instead",
	    "", "" },
	{ "[::ffff:127.0.0.0]/104", NULL, "127.0.0.1 127.9.9.9", "128.0.0.1" },
	{ "[::ffff:10.1.0.0]/112", NULL, "10.1.2.3", "10.2.0.1" },
	{ "[::ffff:192.0.2.1]", NULL, "192.0.2.1", "192.0.2.2" },
	{ "[::ffff:10.0.0.0]/95", "bad net/mask pattern", "", "" },
	{ "10.0.0.0/33", "bad net/mask pattern: \"10.0.0.0/33\"", "", "" },
	{ "10.0.0.0/", "bad net/mask pattern", "", "" },
	{ "10.0.0.0/-1", "bad net/mask pattern", "", "" },
	{ "[::1]/129", "bad net/mask pattern", "", "" },
	{ "10.0.0/8", "bad address pattern: \"10.0.0/8\"", "", "" },
	{ "localhost", "bad address pattern: \"localhost\"", "", "" },
	{ "2001:db8::x", "bad address pattern", "", "" },
	{ "", "bad address pattern", "", "" },
};

static void
check_matches(const struct addr_net *net, const char *addresses, bool want)
{
	char copy[256], *save = NULL;
	struct addr a;

	snprintf(copy, sizeof(copy), "%s", addresses);
	for (char *w = strtok_r(copy, " ", &save); w != NULL; w = strtok_r(NULL, " ", &save)) {
		print_message("    %s\n", w);
		assert_true(addr_parse(&a, w, 0));
		assert_int_equal(addr_net_has(net, &a), want);
	}
}

static void
networks(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(nets) / sizeof(*nets); i++) {
		struct buf err = BUF(1024);
		struct addr_net net;

		print_message("%s\n", nets[i].net);
		assert_int_equal(addr_net_parse(&net, nets[i].net, &err), nets[i].error == NULL);
		if (nets[i].error != NULL) {
			assert_non_null(strstr(buf_str(&err), nets[i].error));
		} else {
			check_matches(&net, nets[i].in, true);
			check_matches(&net, nets[i].out, false);
		}
		buf_free(&err);
	}
}

static void
services(void **state)
{
	static const struct {
		const char *service, *interfaces, *protocols, *want; /* want NULL: an error */
	} cases[] = {
		{ "2525", "127.0.0.1", "ipv4", "127.0.0.1:2525" },
		{ "smtp", "127.0.0.1", "ipv4", "127.0.0.1:25" },
		{ "2525", "all", "ipv4", "0.0.0.0:2525" },
		{ "2525", "loopback-only", "ipv4", "127.0.0.1:2525" },
		{ "2525", "127.0.0.1, 127.0.0.2 127.0.0.1", "ipv4", "127.0.0.1:2525 127.0.0.2:2525" },
		{ "127.0.0.3:2525", "all", "all", "127.0.0.3:2525" },
		{ "[127.0.0.3]:submission", "all", "ipv4", "127.0.0.3:587" },
		{ "localhost:2525", "192.0.2.1", "ipv4", "127.0.0.1:2525" },
		{ "nosuchservice", "all", "ipv4", NULL },
		{ "0", "all", "ipv4", NULL },
		{ "65536", "all", "ipv4", NULL },
		{ "[127.0.0.1]2525", "all", "ipv4", NULL },
		{ "[]:2525", "all", "ipv4", NULL },
		{ "[::1]:2525", "all", "ipv4", NULL },
		{ "2525", "", "ipv4", NULL },
		{ "2525", "all", "ipv5", NULL },
		{ "2525", "all", "", NULL },
		{ "2525", "no.such.host.invalid", "ipv4", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct buf err = BUF(1024), got = BUF(1024);
		struct addr out[4];
		char host[ADDR_TEXT];
		int n = addr_listen_set(cases[i].service, cases[i].interfaces, cases[i].protocols, out, 4, &err);

		print_message("%s %s: %d %s\n", cases[i].service, cases[i].interfaces, n, buf_str(&err));
		for (int j = 0; j < n; j++)
			buf_fmt(&got, "%s%s:%d", j > 0 ? " " : "", addr_host(&out[j], host), addr_port(&out[j]));
		if (cases[i].want == NULL) {
			assert_int_equal(n, -1);
			assert_true(err.len > 0);
		} else {
			assert_string_equal(buf_str(&got), cases[i].want);
		}
		buf_free(&err);
		buf_free(&got);
	}
}

static void
connecting(void **state)
{
	struct arena mem = ARENA(1 << 16);
	struct verdict why = VERDICT(&mem);
	struct buf err = BUF(256);
	struct addr a, peer, self;
	int listener, out, in;

	(void)state;
	assert_true(addr_parse(&a, "127.0.0.1", 0));
	listener = addr_listen(&a, 10, &err);
	assert_true(listener >= 0);
	assert_true(addr_of_self(&a, listener));
	assert_true((out = addr_connect(&a, NULL, 1000, &why)) >= 0);
	assert_true((in = accept(listener, NULL, NULL)) >= 0);
	assert_true(addr_of_peer(&peer, in) && addr_of_self(&self, out));
	assert_int_equal(addr_port(&peer), addr_port(&self));
	assert_true(addr_same_host(&peer, &self));
	/* The port is taken: the error names it. */
	assert_int_equal(addr_listen(&a, 10, &err), -1);
	assert_int_equal(errno, EADDRINUSE);
	assert_non_null(strstr(buf_str(&err), "Address already in use"));
	close(in);
	close(out);
	close(listener);
	assert_int_equal(addr_connect(&a, NULL, 1000, &why), -1);
	assert_int_equal(errno, ECONNREFUSED);
	assert_int_equal(why.fate, FATE_LATER);
	assert_non_null(strstr(why.text, "connect to 127.0.0.1:"));
	assert_non_null(strstr(why.text, "Connection refused"));
	arena_free(&mem);
	buf_free(&err);
}

static void
unix_sockets(void **state)
{
	char dir[] = "/tmp/addr_test.XXXXXX", path[64], path_of_108[109];
	struct arena mem = ARENA(1 << 16);
	struct verdict why = VERDICT(&mem);
	struct buf err = BUF(256);
	struct addr a, b;
	int listener, again, out;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/socket", dir);
	assert_true(addr_unix(&a, path));
	assert_false(addr_same_host(&a, &a));
	assert_true((listener = addr_listen(&a, 1, &err)) >= 0);
	assert_true((out = addr_connect(&a, NULL, 1000, &why)) >= 0);
	assert_true(addr_of_peer(&b, out));
	assert_string_equal(b.un.sun_path, path);
	/* One that is left from a process that is gone is replaced. */
	close(listener);
	assert_true((again = addr_listen(&a, 1, &err)) >= 0);
	close(out);
	close(again);
	unlink(path);
	assert_int_equal(addr_connect(&a, NULL, 1000, &why), -1);
	assert_non_null(strstr(why.text, path));
	rmdir(dir);
	assert_false(addr_unix(&a, ""));
	memset(path_of_108, 'x', 108);
	path_of_108[108] = '\0';
	assert_false(addr_unix(&a, path_of_108));
	assert_true(addr_unix(&a, path_of_108 + 1));
	arena_free(&mem);
	buf_free(&err);
}

static void
own_addresses(void **state)
{
	struct addr_set set;
	struct buf err = BUF(256);
	struct addr a;

	(void)state;
	assert_true(addr_own("all", "198.51.100.7", "ipv4", &set, &err));
	assert_true(addr_parse(&a, "127.0.0.1", 99) && addr_set_has(&set, &a));
	assert_true(addr_parse(&a, "198.51.100.7", 0) && addr_set_has(&set, &a));
	assert_true(addr_parse(&a, "198.51.100.8", 0) && !addr_set_has(&set, &a));
	addr_set_free(&set);
	assert_true(addr_own("192.0.2.1", "", "all", &set, &err));
	assert_true(addr_parse(&a, "127.0.0.1", 0) && !addr_set_has(&set, &a));
	addr_set_free(&set);
	assert_false(addr_own("host with no name.invalid", "", "all", &set, &err));
	assert_true(err.len > 0);
	buf_free(&err);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parsing),
		cmocka_unit_test(networks),
		cmocka_unit_test(services),
		cmocka_unit_test(connecting),
		cmocka_unit_test(unix_sockets),
		cmocka_unit_test(own_addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
