/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/mail/route.h"

#include "tests/support/test.h"

#include <string.h>

static const char *const base[] = { "compatibility_level=3.6", "myhostname=mx.us.example", "mydomain=us.example",
	"myorigin=us.example", "mydestination=us.example, $myhostname, localhost", "relay_domains=relay.example",
	"inet_interfaces=127.0.0.1", "local_recipient_maps=inline:{joe=x, alias=x, { full@us.example = x }}",
	"recipient_delimiter=+", "relay_recipient_maps=inline:{ok@relay.example=x}", "virtual_alias_domains=va.example",
	"virtual_alias_maps=inline:{v@va.example=joe, alsoknown@us.example=x}", "virtual_mailbox_domains=vm.example",
	"virtual_mailbox_maps=inline:{m@vm.example=x, @all.vm.example=x}", "virtual_transport=lmtp:unix:private/lmtp" };

static const struct conf *
load(const char *const *more, size_t n)
{
	const char *all[40];
	struct conf_args a = { .dir = "/nonexistent", .overrides = all, .defaults_only = true };
	struct buf err = BUF(1000);
	const struct conf *cf;

	memcpy(all, base, sizeof(base));
	memcpy(all + NITEMS(base), more, n * sizeof(*more));
	a.noverrides = NITEMS(base) + n;
	cf = conf_load(&a, &err);
	if (cf == NULL)
		fail_msg("%s", buf_str(&err));
	return cf;
}

static struct routes *
open_routes(const struct conf *cf)
{
	const struct table_env env = { .cf = cf };
	struct buf err = BUF(1000);
	struct routes *r = routes_open(cf, &env, &err);

	if (r == NULL)
		fail_msg("%s", buf_str(&err));
	return r;
}

static const struct {
	const char *setting, *address, *want; /* class transport nexthop; "!dsn": refused */
} routes[] = {
	{ NULL, "joe@us.example", "local local mx.us.example" },
	{ NULL, "JOE@US.Example", "local local mx.us.example" },
	{ NULL, "joe@mx.us.example", "local local mx.us.example" },
	{ NULL, "joe@[127.0.0.1]", "local local mx.us.example" },
	{ NULL, "joe@[192.0.2.1]", "default smtp [192.0.2.1]" },
	{ NULL, "joe@[IPv6:2001:db8::1]", "default smtp [IPv6:2001:db8::1]" },
	{ NULL, "joe", "local local mx.us.example" },
	{ NULL, "v@va.example", "virtual_alias error 5.1.1 User unknown in virtual alias table" },
	{ NULL, "m@vm.example", "virtual_mailbox lmtp unix:private/lmtp" },
	{ NULL, "x@relay.example", "relay relay relay.example" },
	{ NULL, "x@sub.relay.example", "relay relay sub.relay.example" },
	{ NULL, "x@far.example", "default smtp far.example" },
	{ NULL, "x@us.example.far.example", "default smtp us.example.far.example" },
	{ NULL, "\"a b\"@far.example", "default smtp far.example" },
	{ NULL, "x@-bad..example", "!5.1.3" },
	{ "relayhost=[hub.example]:587", "x@far.example", "default smtp [hub.example]:587" },
	{ "relayhost=[hub.example]:587", "x@relay.example", "relay relay [hub.example]:587" },
	{ "relayhost=[hub.example]:587", "joe@us.example", "local local mx.us.example" },
	{ "default_transport=error:5.1.2 not from here", "x@far.example", "default error 5.1.2 not from here" },
	{ "default_transport=smtp:[gw.example]", "x@far.example", "default smtp [gw.example]" },
	{ "local_transport=lmtp:unix:/run/lmtp", "joe@us.example", "local lmtp unix:/run/lmtp" },
	{ "transport_maps=inline:{ x@far.example=slow:, .far.example=smtp:[gw], *=other:hop }", "x@far.example",
	    "default slow far.example" },
	{ "transport_maps=inline:{ x@far.example=slow:, .far.example=smtp:[gw], *=other:hop }", "y@a.far.example",
	    "default smtp [gw]" },
	{ "transport_maps=inline:{ x@far.example=slow:, .far.example=smtp:[gw], *=other:hop }", "y@b.example",
	    "default other hop" },
	{ "transport_maps=inline:{ x@far.example=slow: }", "x+ext@far.example", "default slow far.example" },
};

static void
resolving(void **state)
{
	(void)state;
	for (size_t i = 0; i < NITEMS(routes); i++) {
		const struct conf *cf = load(&routes[i].setting, routes[i].setting != NULL);
		struct routes *r = open_routes(cf);
		struct arena mem = ARENA(1 << 16);
		struct verdict why = VERDICT(&mem);
		struct route to;
		const char *got;

		if (route_resolve(r, routes[i].address, "", &mem, &to, &why) != FATE_OK)
			got = arena_fmt(&mem, "!%s", why.dsn);
		else
			got = arena_fmt(&mem, "%s %s %s", route_class_names[to.class_], to.transport, to.nexthop);
		if (strcmp(got, routes[i].want) != 0)
			fail_msg("%s with %s: %s", routes[i].address, routes[i].setting, got);
		routes_free(&r);
		conf_free(&cf);
		arena_free(&mem);
	}
}

static const struct {
	const char *setting, *address, *want; /* "": known */
} known[] = {
	{ NULL, "joe@us.example", "" },
	{ NULL, "joe+ext@us.example", "" },
	{ NULL, "full@us.example", "" },
	{ NULL, "alsoknown@us.example", "" },
	{ NULL, "nobody@us.example",
	    "550 5.1.1 <nobody@us.example>: Recipient address rejected: User unknown in local recipient table" },
	{ "show_user_unknown_table_name=no", "nobody@us.example",
	    "550 5.1.1 <nobody@us.example>: Recipient address rejected: User unknown" },
	{ "unknown_local_recipient_reject_code=450", "nobody@us.example",
	    "450 4.1.1 <nobody@us.example>: Recipient address rejected: User unknown in local recipient table" },
	{ "local_recipient_maps=", "nobody@us.example", "" },
	{ NULL, "ok@relay.example", "" },
	{ NULL, "no@relay.example",
	    "550 5.1.1 <no@relay.example>: Recipient address rejected: User unknown in relay recipient table" },
	{ NULL, "v@va.example", "" },
	{ NULL, "w@va.example",
	    "550 5.1.1 <w@va.example>: Recipient address rejected: User unknown in virtual alias table" },
	{ NULL, "m@vm.example", "" },
	{ NULL, "n@vm.example",
	    "550 5.1.1 <n@vm.example>: Recipient address rejected: User unknown in virtual mailbox table" },
	{ NULL, "anybody@far.example", "" },
	{ "local_recipient_maps=proxy:unix:passwd.byname", "joe@us.example", "451 4.3.0" },
};

static void
known_recipients(void **state)
{
	(void)state;
	for (size_t i = 0; i < NITEMS(known); i++) {
		const struct conf *cf = load(&known[i].setting, known[i].setting != NULL);
		const struct table_env env = { .cf = cf, .proxymap = "/nonexistent/proxymap" };
		struct buf err = BUF(1000);
		struct routes *r = routes_open(cf, &env, &err);
		struct arena mem = ARENA(1 << 16);
		struct verdict why = VERDICT(&mem);
		const char *got = "";

		assert_non_null(r);
		if (route_known(r, known[i].address, &mem, &why) != FATE_OK)
			got = arena_fmt(&mem, "%d %s %s", why.code, why.dsn, why.text);
		if (known[i].want[0] == '\0' ? got[0] != '\0' : strncmp(got, known[i].want, strlen(known[i].want)) != 0)
			fail_msg("%s with %s: %s", known[i].address, known[i].setting, got);
		routes_free(&r);
		conf_free(&cf);
		arena_free(&mem);
	}
}

static const struct {
	const char *setting, *address, *want;
} forms[] = {
	{ NULL, "", "" },
	{ NULL, "joe", "joe@us.example" },
	{ NULL, "joe@", "joe@us.example" },
	{ NULL, "joe@host", "joe@host" },
	{ "append_dot_mydomain=yes", "joe@host", "joe@host.us.example" },
	{ "append_dot_mydomain=yes", "joe@host.example", "joe@host.example" },
	{ "append_dot_mydomain=yes", "joe@[10.0.0.1]", "joe@[10.0.0.1]" },
	{ "append_at_myorigin=no", "joe", "joe" },
	{ NULL, "joe@host.example.", "joe@host.example" },
	{ NULL, "host!joe", "joe@host" },
	{ "swap_bangpath=no", "host!joe", "host!joe@us.example" },
	{ NULL, "joe%far.example", "joe@far.example" },
	{ "allow_percent_hack=no", "joe%far.example", "joe%far.example@us.example" },
	{ NULL, "\"a%b\"", "\"a%b\"@us.example" },
};

static void
completing(void **state)
{
	(void)state;
	for (size_t i = 0; i < NITEMS(forms); i++) {
		const struct conf *cf = load(&forms[i].setting, forms[i].setting != NULL);
		struct arena mem = ARENA(1 << 16);
		const char *got = route_complete(cf, forms[i].address, cf->myorigin, &mem);

		if (strcmp(got, forms[i].want) != 0)
			fail_msg("\"%s\" with %s: \"%s\"", forms[i].address, forms[i].setting, got);
		conf_free(&cf);
		arena_free(&mem);
	}
}

static void
generations(void **state)
{
	static const char *const one = "relayhost=[a.example]", *const two = "relayhost=[b.example]";
	const struct conf *a = load(&one, 1), *b = load(&two, 1), *c = load(&one, 1);
	struct routes *ra = open_routes(a), *rb = open_routes(b), *rc = open_routes(c);

	(void)state;
	assert_string_equal(routes_generation(ra), routes_generation(rc));
	assert_string_not_equal(routes_generation(ra), routes_generation(rb));
	assert_false(routes_changed(ra));
	routes_free(&ra);
	routes_free(&rb);
	routes_free(&rc);
	conf_free(&a);
	conf_free(&b);
	conf_free(&c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(resolving),
		cmocka_unit_test(known_recipients),
		cmocka_unit_test(completing),
		cmocka_unit_test(generations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
