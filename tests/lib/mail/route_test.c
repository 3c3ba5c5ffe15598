/* SPDX-License-Identifier: Apache-2.0 */
/* Where mail goes.  What is not marked as ours was compared with Postfix 3.7. */
#include "tests/lib/mail/route_sample.h"

#define TRANSPORTS                                                                                                                   \
	"transport_maps=inline:{ x@far.example=slow:, .far.example=smtp:[gw], b.example=:[gw], c.example=:, "                        \
	"{d.example=error:5.7.1 no mail}, e.example=noport, @f.example=x:y, .g.example=x:gsub, {h.example=smtp:[a]:25, [b] c}, "     \
	"u@i.example=i:hop, [192.0.2.1]=lit:x, va.example=x:y, us.example=smtp:, undeliverable.example=error:, j.example=discard:, " \
	"*=other:hop }"
#define RELAYHOST "relayhost=[hub.example]:587"
#define BY_SENDER                                                                                                      \
	"sender_dependent_relayhost_maps=inline:{<>=null.relay, a@s.example=a.relay, @s.example=s.relay, "             \
	"b@s.example=DUNNO, a+x@s.example=ax.relay, {c@s.example=c1, c2}, d=d.relay, @e.example=DUNNO}"
#define SENDER_TRANSPORT                                                                                               \
	"sender_dependent_default_transport_maps=inline:{<>=null:, a@s.example=a:hop, @s.example=s:, "                 \
	"b@s.example=dunno, c@s.example=:chop, d@s.example=d, {f@s.example=error:5.7.1 no}}"
#define FAILING "proxy:unix:passwd.byname"

static const struct {
	const char *settings[SETTINGS_MAX], *sender, *address, *want; /* class transport nexthop; "!dsn": refused */
} routes[] = {
	{ {}, "", "joe@us.example", "local local mx.us.example" },
	{ {}, "", "JOE@US.Example", "local local mx.us.example" },
	{ {}, "", "joe@mx.us.example", "local local mx.us.example" },
	{ {}, "", "joe@[127.0.0.1]", "local local mx.us.example" },
	{ {}, "", "joe@[192.0.2.1]", "default smtp [192.0.2.1]" },
	{ {}, "", "joe@[IPv6:2001:db8::1]", "default smtp [IPv6:2001:db8::1]" },
	{ {}, "", "joe", "local local mx.us.example" },
	{ {}, "", "v@va.example", "virtual_alias error 5.1.1 User unknown in virtual alias table" },
	{ {}, "", "m@vm.example", "virtual_mailbox lmtp unix:private/lmtp" },
	{ {}, "", "x@relay.example", "relay relay relay.example" },
	{ {}, "", "x@sub.relay.example", "relay relay sub.relay.example" },
	{ {}, "", "x@far.example", "default smtp far.example" },
	{ {}, "", "x@us.example.far.example", "default smtp us.example.far.example" },
	{ {}, "", "\"a b\"@far.example", "default smtp far.example" },
	{ {}, "", "x@-bad..example", "!5.1.3" },
	{ {}, "", "x@192.0.2.1", "!5.1.3" },
	{ {}, "", "x@1.2.3", "!5.1.3" },
	{ {}, "", "x@", "!5.1.3" },
	{ { RELAYHOST }, "", "x@far.example", "default smtp [hub.example]:587" },
	{ { RELAYHOST }, "", "x@relay.example", "relay relay [hub.example]:587" },
	{ { RELAYHOST }, "", "joe@us.example", "local local mx.us.example" },
	{ { RELAYHOST }, "", "x@[192.0.2.1]", "default smtp [hub.example]:587" },
	{ { "relayhost=a.example, b.example" }, "", "x@far.example", "default smtp a.example, b.example" },
	{ { "default_transport=error:5.1.2 not from here" }, "", "x@far.example", "default error 5.1.2 not from here" },
	{ { "default_transport=smtp:[gw.example]", RELAYHOST }, "", "x@far.example", "default smtp [gw.example]" },
	{ { "relay_transport=relay:rt", RELAYHOST }, "", "x@relay.example", "relay relay rt" },
	{ { "local_transport=lmtp:unix:/run/lmtp" }, "", "joe@us.example", "local lmtp unix:/run/lmtp" },
	{ { "relay_transport=retry:", RELAYHOST }, "", "x@relay.example",
	    "relay retry Address is undeliverable" }, /* ours */
	{ {}, "", "x@far.example.", "default smtp far.example" },
	/* transport(5) */
	{ { TRANSPORTS, RELAYHOST }, "", "x@far.example", "default slow far.example" },
	{ { TRANSPORTS, RELAYHOST }, "", "x+ext@far.example", "default slow far.example" },
	{ { TRANSPORTS, RELAYHOST }, "", "y@a.far.example", "default smtp [gw]" },
	{ { TRANSPORTS, RELAYHOST }, "", "y@k.example", "default other hop" },
	{ { TRANSPORTS, RELAYHOST }, "", "y@b.example", "default smtp [gw]" },
	{ { TRANSPORTS, RELAYHOST }, "", "y@c.example", "default smtp [hub.example]:587" },
	{ { TRANSPORTS, RELAYHOST }, "", "y@d.example", "default error 5.7.1 no mail" },
	{ { TRANSPORTS, RELAYHOST }, "", "y@e.example", "default noport e.example" },
	{ { TRANSPORTS, RELAYHOST }, "", "y@f.example", "default other hop" },
	{ { TRANSPORTS, RELAYHOST }, "", "y@g.example", "default other hop" },
	{ { TRANSPORTS, RELAYHOST }, "", "y@s.g.example", "default x gsub" },
	{ { TRANSPORTS, RELAYHOST }, "", "y@s.t.g.example", "default x gsub" },
	{ { TRANSPORTS, RELAYHOST }, "", "y@h.example", "default smtp [a]:25, [b] c" },
	{ { TRANSPORTS, RELAYHOST }, "", "u+e@i.example", "default i hop" },
	{ { TRANSPORTS, RELAYHOST }, "", "v@i.example", "default other hop" },
	{ { TRANSPORTS, RELAYHOST }, "", "x@[192.0.2.1]", "default lit x" },
	{ { TRANSPORTS, RELAYHOST }, "", "v@va.example",
	    "virtual_alias error 5.1.1 User unknown in virtual alias table" },
	{ { TRANSPORTS, RELAYHOST }, "", "joe@us.example", "local smtp us.example" },
	{ { TRANSPORTS, RELAYHOST }, "", "joe@mx.us.example", "local other hop" },
	{ { TRANSPORTS, RELAYHOST }, "", "m@vm.example", "virtual_mailbox other hop" },
	{ { TRANSPORTS, RELAYHOST }, "", "x@undeliverable.example", "default error Address is undeliverable" },
	{ { TRANSPORTS, RELAYHOST }, "", "x@j.example", "default discard j.example" },
	{ { TRANSPORTS, RELAYHOST }, "", "", "local other hop" },
	{ { "transport_maps=inline:{g.example=g:g, .h.example=h:h}",
	      "parent_domain_matches_subdomains=transport_maps" },
	    "", "x@s.g.example", "default g g" },
	{ { "transport_maps=inline:{g.example=g:g, .h.example=h:h}",
	      "parent_domain_matches_subdomains=transport_maps" },
	    "", "x@s.h.example", "default smtp s.h.example" },
	/* by sender */
	{ { BY_SENDER, "relayhost=rh" }, "", "x@far.example", "default smtp null.relay" },
	{ { BY_SENDER, "relayhost=rh" }, "a@s.example", "x@far.example", "default smtp a.relay" },
	{ { BY_SENDER, "relayhost=rh" }, "A@S.Example", "x@far.example", "default smtp a.relay" },
	{ { BY_SENDER, "relayhost=rh" }, "z@s.example", "x@far.example", "default smtp s.relay" },
	{ { BY_SENDER, "relayhost=rh" }, "b@s.example", "x@far.example", "default smtp rh" },
	{ { BY_SENDER, "relayhost=rh" }, "a+x@s.example", "x@far.example", "default smtp ax.relay" },
	{ { BY_SENDER, "relayhost=rh" }, "a+y@s.example", "x@far.example", "default smtp a.relay" },
	{ { BY_SENDER, "relayhost=rh" }, "c@s.example", "x@relay.example", "relay relay c1, c2" },
	{ { BY_SENDER, "relayhost=rh" }, "d@us.example", "x@far.example", "default smtp d.relay" },
	{ { BY_SENDER, "relayhost=rh" }, "z+y@e.example", "x@far.example", "default smtp rh" },
	{ { BY_SENDER, "relayhost=rh" }, "a@s.example", "joe@us.example", "local local mx.us.example" },
	{ { BY_SENDER, "relayhost=rh" }, "a@s.example", "x@[192.0.2.1]", "default smtp a.relay" },
	{ { BY_SENDER, "relayhost=rh" }, "a@s.example", "m@vm.example", "virtual_mailbox lmtp unix:private/lmtp" },
	{ { BY_SENDER, "default_transport=smtp:dt" }, "a@s.example", "x@far.example", "default smtp dt" },
	{ { SENDER_TRANSPORT, "relayhost=rh" }, "", "x@far.example", "default null rh" },
	{ { SENDER_TRANSPORT, "relayhost=rh" }, "a@s.example", "x@far.example", "default a hop" },
	{ { SENDER_TRANSPORT, "relayhost=rh" }, "a+x@s.example", "x@far.example", "default a hop" },
	{ { SENDER_TRANSPORT, "relayhost=rh" }, "z@s.example", "x@far.example", "default s rh" },
	{ { SENDER_TRANSPORT, "relayhost=rh" }, "b@s.example", "x@far.example", "default smtp rh" },
	{ { SENDER_TRANSPORT, "relayhost=rh" }, "c@s.example", "x@far.example", "default smtp chop" }, /* ours */
	{ { SENDER_TRANSPORT, "relayhost=rh" }, "d@s.example", "x@far.example", "default d rh" },
	{ { SENDER_TRANSPORT, "relayhost=rh" }, "f@s.example", "x@far.example", "default error 5.7.1 no" },
	{ { SENDER_TRANSPORT, "relayhost=rh" }, "a@s.example", "x@relay.example", "relay relay rh" },
	/* relocated(5) */
	{ { "relocated_maps=inline:{u=newu, @gone.example=elsewhere}", TRANSPORTS }, "", "u+x@us.example",
	    "local error 5.1.6 User has moved to newu" },
	{ { "relocated_maps=inline:{u=newu, @gone.example=elsewhere}" }, "", "u@[127.0.0.1]",
	    "local error 5.1.6 User has moved to newu" },
	{ { "relocated_maps=inline:{u=newu, @gone.example=elsewhere}" }, "", "u@far.example",
	    "default smtp far.example" },
	{ { "relocated_maps=inline:{u=newu, @gone.example=elsewhere}" }, "", "u@gone.example",
	    "default error 5.1.6 User has moved to elsewhere" },
	/* both forms of a domain (ours) */
	{ { "relay_domains=b\303\274cher.example" }, "", "x@xn--bcher-kva.example",
	    "relay relay xn--bcher-kva.example" },
	{ { "relay_domains=xn--bcher-kva.example" }, "", "x@b\303\274cher.example",
	    "relay relay b\303\274cher.example" },
	{ { "transport_maps=inline:{.b\303\274cher.example=x:y, xn--bcher-kva.example=smtp:[z]}" }, "",
	    "x@b\303\274cher.example", "default smtp [z]" },
	{ { "transport_maps=inline:{.b\303\274cher.example=x:y, xn--bcher-kva.example=smtp:[z]}" }, "",
	    "x@mx.xn--bcher-kva.example", "default x y" },
	/* a table that fails is never one that has nothing */
	{ { "transport_maps=" FAILING }, "", "joe@us.example", "!4.3.0" },
	{ { "transport_maps=" FAILING }, "", "v@va.example",
	    "virtual_alias error 5.1.1 User unknown in virtual alias table" },
	{ { "relocated_maps=" FAILING }, "", "v@va.example", "!4.3.0" },
	{ { "routing_maps=" FAILING }, "", "x@far.example", "!4.3.0" },
	{ { "sender_dependent_relayhost_maps=" FAILING }, "a@s.example", "x@far.example", "!4.3.0" },
	{ { "sender_dependent_relayhost_maps=" FAILING }, "", "x@far.example", "!4.3.0" },
	{ { "sender_dependent_relayhost_maps=" FAILING }, "a@s.example", "joe@us.example",
	    "local local mx.us.example" },
	{ { "sender_dependent_default_transport_maps=" FAILING }, "a@s.example", "x@far.example", "!4.3.0" },
	{ { "sender_dependent_default_transport_maps=" FAILING }, "a@s.example", "x@relay.example",
	    "relay relay relay.example" },
	{ { "virtual_mailbox_domains=" FAILING }, "", "x@far.example", "!4.3.0" },
	{ { "mydestination=" FAILING }, "", "x@far.example", "!4.3.0" },
};

static void
resolving(void **state)
{
	(void)state;
	for (size_t i = 0; i < NITEMS(routes); i++) {
		const struct conf *cf = sample_conf(routes[i].settings);
		struct routes *r = sample_routes(cf);
		struct arena mem = ARENA(1 << 16);
		struct verdict why = VERDICT(&mem);
		const struct route_query q = { .address = routes[i].address, .sender = routes[i].sender };
		struct route to;
		const char *got;

		if (route_resolve(r, &q, &mem, &to, &why) != FATE_OK)
			got = arena_fmt(&mem, "!%s", why.dsn);
		else
			got = arena_fmt(&mem, "%s %s %s", route_class_names[to.class_], to.transport, to.nexthop);
		if (strcmp(got, routes[i].want) != 0)
			fail_msg(
			    "%s from %s with %s: %s", routes[i].address, routes[i].sender, routes[i].settings[0], got);
		routes_free(&r);
		conf_free(&cf);
		arena_free(&mem);
	}
}

/* What an address with a way in it comes to. */
static const struct {
	const char *settings[SETTINGS_MAX], *address, *want; /* class final-address, and ! where a way is left */
} ways[] = {
	{ {}, "a%b.example@us.example", "default a@b.example" },
	{ {}, "a%b.example", "default a@b.example" },
	{ {}, "\"a@b.example\"@us.example", "default a@b.example" },
	{ {}, "h.example!u@us.example", "default u@h.example" },
	{ {}, "h!u@us.example", "default u@h" },
	{ { "append_dot_mydomain=yes" }, "h!u@us.example", "default u@h.us.example" },
	{ {}, "a%us.example@us.example", "local a@us.example" },
	{ {}, "a%b%c.example@us.example", "default a%b@c.example !" },
	{ {}, "x!y%z@us.example", "default y%z@x !" },
	{ {}, "a%b.example@va.example", "virtual_alias a%b.example@va.example !" },
	{ {}, "a%b.example@far.example", "default a%b.example@far.example !" },
	{ {}, "joe", "local joe@mx.us.example" },
	{ {}, "joe@us.example.", "local joe@us.example" },
	{ {}, "", "local MAILER-DAEMON@mx.us.example" },
	{ { "resolve_dequoted_address=no" }, "\"a@b.example\"@us.example", "local \"a@b.example\"@us.example !" },
	{ { "resolve_dequoted_address=no" }, "a%b.example@us.example", "default a@b.example" },
	{ { "allow_percent_hack=no" }, "a%b.example@us.example", "local a%b.example@us.example !" },
	{ { "swap_bangpath=no" }, "h!u@us.example", "local h!u@us.example !" },
	{ { "swap_bangpath=no" }, "\"a@b.example\"@us.example", "default a@b.example" },
	{ { "resolve_null_domain=yes" }, "joe@", "local joe@mx.us.example" },
	{ { "resolve_null_domain=yes" }, "a%b@", "default a@b" },
	{ { "resolve_numeric_domain=yes" }, "joe@192.0.2.1", "default joe@[192.0.2.1]" },
	{ { "resolve_numeric_domain=yes" }, "joe@127.0.0.1", "local joe@[127.0.0.1]" },
};

static void
following_ways(void **state)
{
	(void)state;
	for (size_t i = 0; i < NITEMS(ways); i++) {
		const struct conf *cf = sample_conf(ways[i].settings);
		struct routes *r = sample_routes(cf);
		struct arena mem = ARENA(1 << 16);
		struct verdict why = VERDICT(&mem);
		const struct route_query q = { .address = ways[i].address };
		struct route to = { 0 };
		const char *got = "refused";

		if (route_resolve(r, &q, &mem, &to, &why) == FATE_OK)
			got =
			    arena_fmt(&mem, "%s %s%s", route_class_names[to.class_], to.address, to.routed ? " !" : "");
		if (strcmp(got, ways[i].want) != 0)
			fail_msg("%s with %s: %s", ways[i].address, ways[i].settings[0], got);
		routes_free(&r);
		conf_free(&cf);
		arena_free(&mem);
	}
}

static void
generations(void **state)
{
	static const char *const one[SETTINGS_MAX] = { RELAYHOST }, *const two[SETTINGS_MAX] = { "relayhost=b" };
	const struct conf *a = sample_conf(one), *b = sample_conf(two), *c = sample_conf(one);
	struct routes *ra = sample_routes(a), *rb = sample_routes(b), *rc = sample_routes(c);

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
		cmocka_unit_test(following_ways),
		cmocka_unit_test(generations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
