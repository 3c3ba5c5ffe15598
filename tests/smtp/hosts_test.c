/* SPDX-License-Identifier: Apache-2.0 */
/* Which hosts mail for a domain goes to, with DNS as a table. */
#include "smtp/hosts.h"

#include "smtp/order.h"
#include "tests/support/test.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct {
	const char *name, *type,
	    *values; /* values: preference/host for MX; "LATER", "NONE" (no data); absent: no name */
} zone[] = {
	{ "one.test", "MX", "10/mx1.test" },
	{ "three.test", "MX", "30/mx3.test 10/mx1.test 20/mx2.test" },
	{ "equal.test", "MX", "10/mx1.test 10/mx2.test 10/mx3.test 10/mx4.test" },
	{ "none.test", "MX", "NONE" },
	{ "none.test", "A", "192.0.2.99" },
	{ "null.test", "MX", "0/" },
	{ "nullplus.test", "MX", "0/ 10/mx1.test" },
	{ "onlynulls.test", "MX", "0/ 10/" },
	{ "later.test", "MX", "LATER" },
	{ "later.test", "A", "192.0.2.98" },
	{ "halfway.test", "MX", "10/later-a.test 20/mx1.test" },
	{ "stuck.test", "MX", "10/later-a.test 20/nothere.test" },
	{ "deadend.test", "MX", "10/nothere.test" },
	{ "number.test", "MX", "10/192.0.2.1" },
	{ "evil.test", "MX", "10/a/b 20/mx1.test" },
	{ "us.test", "MX", "10/mx1.test 20/self.test 30/mx3.test" },
	{ "usfirst.test", "MX", "10/self.test 20/mx1.test" },
	{ "ustie.test", "MX", "5/mx3.test 10/self.test 10/mx1.test" },
	{ "zero.test", "MX", "10/zero-a.test" },
	{ "dual.test", "MX", "10/dual-a.test" },
	{ "many6.test", "MX", "10/many6-a.test" },
	{ "later-a.test", "A", "LATER" },
	{ "self.test", "A", "203.0.113.1" },
	{ "zero-a.test", "A", "0.0.0.0" },
	{ "mx1.test", "A", "192.0.2.1" },
	{ "mx2.test", "A", "192.0.2.2 192.0.2.22" },
	{ "mx3.test", "A", "192.0.2.3" },
	{ "mx4.test", "A", "192.0.2.4" },
	{ "dual-a.test", "A", "192.0.2.5" },
	{ "dual-a.test", "AAAA", "2001:db8::5" },
	{ "many6-a.test", "A", "192.0.2.6" },
	{ "many6-a.test", "AAAA", "2001:db8::1 2001:db8::2 2001:db8::3 2001:db8::4 2001:db8::5 2001:db8::6" },
	{ "mapped.test", "A", "NONE" },
	{ "mapped.test", "AAAA", "::ffff:192.0.2.7" },
};

static void
fill(struct dns_answer *out, const char *values, struct arena *mem)
{
	char *copy = arena_str(mem, values), *save = NULL;

	out->records = arena_alloc(mem, 16 * sizeof(*out->records));
	for (char *w = strtok_r(copy, " ", &save); w != NULL; w = strtok_r(NULL, " ", &save)) {
		char *slash = strchr(w, '/');

		out->records[out->n].value = slash != NULL ? slash + 1 : w;
		out->records[out->n++].preference = slash != NULL ? atol(w) : 0;
	}
}

static enum dns_status
fake_ask(void *ctx, const char *name, const char *type, struct arena *mem, struct dns_answer *out)
{
	int *asked = ctx;
	bool known = false;

	++*asked;
	*out = (struct dns_answer){ .text = "", .canonical = "", .secure = true };
	for (size_t i = 0; i < sizeof(zone) / sizeof(*zone); i++) {
		known |= strcmp(zone[i].name, name) == 0;
		if (strcmp(zone[i].name, name) != 0 || strcmp(zone[i].type, type) != 0)
			continue;
		if (strcmp(zone[i].values, "LATER") == 0) {
			out->text = arena_fmt(mem, "name=%s type=%s: try again", name, type);
			return out->status = DNS_LATER;
		}
		if (strcmp(zone[i].values, "NONE") == 0)
			break;
		fill(out, zone[i].values, mem);
		return out->status = DNS_FOUND;
	}
	out->text = arena_fmt(mem, "name=%s type=%s: none", name, type);
	return out->status = known ? DNS_NO_DATA : DNS_NO_NAME;
}

static const struct conf plain = { .inet_protocols = "all",
	.smtp_address_preference = "any",
	.smtp_host_lookup = "dns",
	.smtp_dns_support_level = "",
	.smtp_tls_security_level = "",
	.smtp_tls_policy_maps = "",
	.smtp_tls_per_site = "",
	.smtp_tcp_port = "25",
	.smtp_mx_address_limit = 5,
	.smtp_balance_inet_protocols = true,
	.lmtp_address_preference = "any",
	.lmtp_host_lookup = "dns",
	.lmtp_dns_support_level = "",
	.lmtp_tls_security_level = "",
	.lmtp_tls_policy_maps = "",
	.lmtp_tls_per_site = "",
	.lmtp_tcp_port = "24",
	.lmtp_mx_address_limit = 5,
	.myhostname = "us.example" };

static const struct finding {
	const char *hop, *hosts; /* addresses in order */
	const char *dsn, *text;	 /* or an error */
} findings[] = {
	{ "one.test", "192.0.2.1", NULL, NULL },
	{ "three.test", "192.0.2.1 192.0.2.2 192.0.2.22 192.0.2.3", NULL, NULL },
	{ "equal.test", "192.0.2.1 192.0.2.2 192.0.2.22 192.0.2.3 192.0.2.4", NULL, NULL },
	{ "none.test", "192.0.2.99", NULL, NULL },
	{ "mx1.test", "192.0.2.1", NULL, NULL },
	{ "[one.test]", NULL, "5.4.4", "name=one.test type=AAAA: none" },
	{ "[mx1.test]", "192.0.2.1", NULL, NULL },
	{ "null.test", NULL, "5.1.10", "Domain null.test does not accept mail (nullMX)" },
	{ "nullplus.test", "192.0.2.1", NULL, NULL },
	{ "onlynulls.test", NULL, "5.4.4", "has no valid host name" },
	{ "later.test", NULL, "4.4.3", "name=later.test type=MX: try again" },
	{ "halfway.test", "192.0.2.1", NULL, NULL },
	{ "stuck.test", NULL, "4.4.3", "name=nothere.test type=AAAA: none" },
	{ "deadend.test", NULL, "5.4.4", "name=nothere.test type=AAAA: none" },
	{ "gone.test", NULL, "5.4.4", "name=gone.test type=AAAA: none" },
	{ "number.test", NULL, "5.4.4", "MX record of number.test has no valid host name: \"192.0.2.1\"" },
	{ "evil.test", "192.0.2.1", NULL, NULL },
	{ "us.test", "192.0.2.1", NULL, NULL },
	{ "us.test:26", "192.0.2.1 203.0.113.1 192.0.2.3", NULL, NULL },
	{ "usfirst.test", NULL, "5.4.6", "mail for usfirst.test loops back to myself" },
	{ "ustie.test", "192.0.2.3", NULL, NULL },
	{ "zero.test", NULL, "5.4.6", "mail for zero.test loops back to myself" },
	{ "[203.0.113.1]", NULL, "5.4.6", "mail for 203.0.113.1 loops back to myself" },
	{ "[203.0.113.1]:10025", "203.0.113.1", NULL, NULL },
	{ "[192.0.2.77]", "192.0.2.77", NULL, NULL },
	{ "dual.test", "192.0.2.5 2001:db8::5", NULL, NULL },
	{ "many6.test", "192.0.2.6 2001:db8::1 2001:db8::2 2001:db8::3 2001:db8::4", NULL, NULL },
	{ "mapped.test", "192.0.2.7", NULL, NULL },
};

static struct addr_set own;

static enum fate
find(const char *text, const struct conf *cf, bool lmtp, int protocols, struct arena *mem, struct target_list *list,
    struct verdict *why)
{
	struct settings s;
	int asked = 0;
	struct finder f = {
		.settings = &s, .own = &own, .protocols = protocols, .random = 7, .ask = fake_ask, .ctx = &asked
	};
	struct nexthop hop;

	settings_load(&s, cf, lmtp);
	assert_true(nexthop_parse(text, lmtp, lmtp ? 24 : 25, mem, &hop, why));
	return hosts_find(&f, &hop, mem, list, why);
}

static const char *
addresses(const struct target_list *list, struct arena *mem)
{
	const char *all = "";
	char host[ADDR_TEXT];

	for (size_t i = 0; i < list->n; i++)
		all = arena_fmt(mem, "%s%s%s", all, i > 0 ? " " : "", addr_host(&list->t[i].addr, host));
	return all;
}

static void
found(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(findings) / sizeof(*findings); i++) {
		const struct finding *c = &findings[i];
		struct arena mem = ARENA(1 << 20);
		struct verdict why = VERDICT(&mem);
		struct target_list list;
		enum fate fate = find(c->hop, &plain, false, ADDR_IPV4 | ADDR_IPV6, &mem, &list, &why);

		print_message("%s: %s\n", c->hop, fate == FATE_OK ? addresses(&list, &mem) : why.text);
		assert_int_equal(fate == FATE_OK, c->hosts != NULL);
		if (c->hosts != NULL) {
			assert_string_equal(addresses(&list, &mem), c->hosts);
			assert_int_equal(addr_port(&list.t[0].addr) > 0, 1);
		} else {
			assert_string_equal(why.dsn, c->dsn);
			assert_int_equal(fate, c->dsn[0] == '4' ? FATE_LATER : FATE_NEVER);
			assert_non_null(strstr(why.text, c->text));
		}
		arena_free(&mem);
	}
}

static void
variants(void **state)
{
	struct arena mem = ARENA(1 << 20);
	struct verdict why = VERDICT(&mem);
	struct target_list list;
	struct conf cf = plain;
	int both = ADDR_IPV4 | ADDR_IPV6;

	(void)state;
	assert_int_equal(find("us.test", &cf, false, both, &mem, &list, &why), FATE_OK);
	assert_true(list.we_are_mx);
	assert_true(list.t[0].secure);
	assert_int_equal(find("one.test", &cf, false, both, &mem, &list, &why), FATE_OK);
	assert_false(list.we_are_mx);

	assert_int_equal(find("dual.test", &cf, false, ADDR_IPV6, &mem, &list, &why), FATE_OK);
	assert_string_equal(addresses(&list, &mem), "2001:db8::5");
	assert_int_equal(find("one.test", &cf, false, ADDR_IPV6, &mem, &list, &why), FATE_NEVER);
	cf.smtp_address_preference = "ipv6";
	find("dual.test", &cf, false, both, &mem, &list, &why);
	assert_string_equal(addresses(&list, &mem), "2001:db8::5 192.0.2.5");
	cf.smtp_balance_inet_protocols = false;
	cf.smtp_mx_address_limit = 2;
	find("many6.test", &cf, false, both, &mem, &list, &why);
	assert_string_equal(addresses(&list, &mem), "2001:db8::1 2001:db8::2");
	cf.smtp_balance_inet_protocols = true;
	find("many6.test", &cf, false, both, &mem, &list, &why);
	assert_string_equal(addresses(&list, &mem), "2001:db8::1 192.0.2.6");
	cf.smtp_mx_address_limit = 0;
	find("many6.test", &cf, false, both, &mem, &list, &why);
	assert_int_equal(list.n, 7);

	/* All orders of four equal hosts come up, and a better one stays first. */
	cf = plain;
	cf.smtp_randomize_addresses = true;
	find("three.test", &cf, false, both, &mem, &list, &why);
	assert_string_equal(list.t[0].name, "mx1.test");
	assert_string_equal(list.t[3].name, "mx3.test");

	cf = plain;
	cf.ignore_mx_lookup_error = true;
	assert_int_equal(find("later.test", &cf, false, both, &mem, &list, &why), FATE_OK);
	assert_string_equal(addresses(&list, &mem), "192.0.2.98");
	cf.smtp_defer_if_no_mx_address_found = true;
	assert_int_equal(find("deadend.test", &cf, false, both, &mem, &list, &why), FATE_LATER);
	assert_string_equal(why.dsn, "4.4.4");

	cf = plain;
	cf.smtp_dns_support_level = "disabled";
	assert_int_equal(find("mx1.test", &cf, false, both, &mem, &list, &why), FATE_OK);
	assert_int_equal(find("one.test", &cf, false, both, &mem, &list, &why), FATE_NEVER);

	/* LMTP knows no exchangers and no loops. */
	assert_int_equal(find("one.test", &plain, true, both, &mem, &list, &why), FATE_NEVER);
	assert_int_equal(find("inet:self.test", &plain, true, both, &mem, &list, &why), FATE_OK);
	assert_int_equal(find("unix:private/lmtp", &plain, true, both, &mem, &list, &why), FATE_OK);
	assert_string_equal(list.t[0].name, "us.example");
	arena_free(&mem);
}

static void
shuffling(void **state)
{
	bool first[4] = { false };

	(void)state;
	for (uint64_t seed = 1; seed < 200; seed++) {
		struct target t[4];
		uint64_t random = seed;
		char seen = 0;

		for (int i = 0; i < 4; i++)
			t[i] = (struct target){ .name = &"abcd"[i], .preference = 10 };
		order_targets(t, 4, "any", true, &random);
		for (int i = 0; i < 4; i++)
			seen |= (char)(1 << (*t[i].name - 'a'));
		assert_int_equal(seen, 15);
		first[*t[0].name - 'a'] = true;
	}
	assert_true(first[0] && first[1] && first[2] && first[3]);
}

static void
hosts_file(void **state)
{
	char name[] = "/tmp/hosts_test.XXXXXX";
	int fd = mkstemp(name), asked = 0;
	struct arena mem = ARENA(1 << 20);
	struct verdict why = VERDICT(&mem);
	struct buf err = BUF(256);
	struct target_list list;
	struct conf cf = plain;
	struct settings s;
	struct finder f = { .settings = &s, .own = &own, .protocols = 3, .ask = fake_ask, .ctx = &asked };
	struct hosts_file *h;
	struct nexthop hop;

	(void)state;
	assert_true(fd >= 0);
	dprintf(fd,
	    "# comment\n192.0.2.50 File.test alias # more\n nonsense file.test\n2001:db8::50\tfile.test\n"
	    "192.0.2.51 mx1.test\n");
	close(fd);
	assert_non_null(h = hosts_file_load(name, &err));
	unlink(name);
	f.hosts = h;
	cf.smtp_host_lookup = "dns, native";
	settings_load(&s, &cf, false);
	assert_true(nexthop_parse("[file.test]", false, 25, &mem, &hop, &why));
	assert_int_equal(hosts_find(&f, &hop, &mem, &list, &why), FATE_OK);
	assert_string_equal(addresses(&list, &mem), "192.0.2.50 2001:db8::50");
	assert_true(nexthop_parse("[mx1.test]", false, 25, &mem, &hop, &why));
	hosts_find(&f, &hop, &mem, &list, &why);
	assert_string_equal(addresses(&list, &mem), "192.0.2.1"); /* DNS comes first */

	cf.smtp_host_lookup = "native";
	settings_load(&s, &cf, false);
	hosts_find(&f, &hop, &mem, &list, &why);
	assert_string_equal(addresses(&list, &mem), "192.0.2.51");

	cf.smtp_host_lookup = "dns";
	settings_load(&s, &cf, false);
	assert_true(nexthop_parse("[alias]", false, 25, &mem, &hop, &why));
	assert_int_equal(hosts_find(&f, &hop, &mem, &list, &why), FATE_NEVER);

	hosts_file_free(&h);
	assert_null(hosts_file_load("/no/such/file", &err));
	assert_non_null(strstr(buf_str(&err), "/no/such/file"));
	buf_free(&err);
	arena_free(&mem);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(found),
		cmocka_unit_test(variants),
		cmocka_unit_test(shuffling),
		cmocka_unit_test(hosts_file),
	};
	struct buf err = BUF(256);

	if (!addr_own("203.0.113.1", "", "all", &own, &err))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
