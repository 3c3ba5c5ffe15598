/* SPDX-License-Identifier: Apache-2.0 */
/* Who is known in each class; the words are Postfix's. */
#include "tests/lib/mail/route_sample.h"

static const struct {
	const char *settings[SETTINGS_MAX], *address, *want; /* "": known */
} known[] = {
	{ {}, "joe@us.example", "" },
	{ {}, "joe+ext@us.example", "" },
	{ {}, "JOE@US.EXAMPLE", "" },
	{ {}, "joe", "" },
	{ {}, "joe@[127.0.0.1]", "" },
	{ {}, "full@us.example", "" },
	{ {}, "alsoknown@us.example", "" },
	{ {}, "nobody@us.example", "550 5.1.1 User unknown in local recipient table" },
	{ {}, "nobody@[127.0.0.1]", "550 5.1.1 User unknown in local recipient table" },
	{ { "show_user_unknown_table_name=no" }, "nobody@us.example", "550 5.1.1 User unknown" },
	{ { "unknown_local_recipient_reject_code=450" }, "nobody@us.example",
	    "450 4.1.1 User unknown in local recipient table" },
	{ { "local_recipient_maps=" }, "nobody@us.example", "" },
	{ { "local_recipient_maps=inline:{@us.example=x}" }, "nobody@us.example", "" },
	{ {}, "ok@relay.example", "" },
	{ {}, "ok+x@relay.example", "" },
	{ {}, "no@relay.example", "550 5.1.1 User unknown in relay recipient table" },
	{ {}, "no@sub.relay.example", "550 5.1.1 User unknown in relay recipient table" },
	{ { "relay_recipient_maps=inline:{ok=x}" }, "ok@relay.example",
	    "550 5.1.1 User unknown in relay recipient table" },
	{ {}, "v@va.example", "" },
	{ {}, "w@va.example", "550 5.1.1 User unknown in virtual alias table" },
	{ { "unknown_virtual_alias_reject_code=553", "show_user_unknown_table_name=no" }, "w@va.example",
	    "553 5.1.1 User unknown" },
	{ { "virtual_alias_maps=inline:{@va.example=q@far.example}" }, "w@va.example", "" },
	{ {}, "m@vm.example", "" },
	{ {}, "n@vm.example", "550 5.1.1 User unknown in virtual mailbox table" },
	{ {}, "anybody@far.example", "" },
	/* what is rewritten is somebody */
	{ { "canonical_maps=inline:{c@us.example=d}" }, "c@us.example", "" },
	{ { "recipient_canonical_maps=inline:{@relay.example=d}" }, "c@relay.example", "" },
	/* routes that end here */
	{ { "relocated_maps=inline:{joe@us.example=new@x.example}" }, "joe@us.example",
	    "550 5.1.6 User has moved to new@x.example" },
	{ { "relocated_maps=inline:{gone=there}" }, "gone+x@us.example", "550 5.1.6 User has moved to there" },
	{ { "relocated_maps=inline:{gone=there}" }, "gone@relay.example",
	    "550 5.1.1 User unknown in relay recipient table" },
	{ { "relocated_maps=inline:{v@va.example=there}" }, "v@va.example", "" },
	{ { "relocated_maps=inline:{{joe@us.example=5.1.6 gone}}", "relocated_prefix_enable=no" }, "joe@us.example",
	    "550 5.1.6 gone" },
	{ { "transport_maps=inline:{{joe@us.example=error:5.7.1 no mail}}" }, "joe@us.example", "550 5.7.1 no mail" },
	{ { "transport_maps=inline:{{joe@us.example=error:4.7.1 no mail}}" }, "joe@us.example", "550 5.7.1 no mail" },
	{ { "transport_maps=inline:{joe@us.example=error:}" }, "joe@us.example", "550 5.1.1 Address is undeliverable" },
	{ { "transport_maps=inline:{{joe@us.example=retry:4.7.1 later}}" }, "joe@us.example", "" },
	{ { "virtual_transport=error:5.1.1 not here" }, "m@vm.example", "550 5.1.1 not here" },
	/* of senders, with the numbers that RFC 3463 has for them */
	{ {}, "sender:joe@us.example", "" },
	{ {}, "sender:nobody@us.example", "550 5.1.0 User unknown in local recipient table" },
	{ {}, "sender:n@vm.example", "550 5.1.0 User unknown in virtual mailbox table" },
	{ {}, "sender:w@va.example", "550 5.1.7 User unknown in virtual alias table" },
	{ { "transport_maps=inline:{{t.example=error:no}, {u.example=error:5.1.2 no}, {s.example=error:5.7.1 no}}" },
	    "sender:a@t.example", "550 5.1.0 no" },
	{ { "transport_maps=inline:{{t.example=error:no}, {u.example=error:5.1.2 no}, {s.example=error:5.7.1 no}}" },
	    "sender:a@u.example", "550 5.1.8 no" },
	{ { "transport_maps=inline:{{t.example=error:no}, {u.example=error:5.1.2 no}, {s.example=error:5.7.1 no}}" },
	    "sender:a@s.example", "550 5.7.1 no" },
	{ { "relocated_maps=inline:{@r.example=there}" }, "sender:a@r.example", "550 5.1.7 User has moved to there" },
	/* a table that fails is never one that does not know */
	{ { "local_recipient_maps=proxy:unix:passwd.byname" }, "joe@us.example", "451 4.3.0" },
	{ { "relay_recipient_maps=proxy:unix:passwd.byname" }, "ok@relay.example", "451 4.3.0" },
	{ { "virtual_mailbox_maps=proxy:unix:passwd.byname", "virtual_mailbox_domains=vm.example" }, "m@vm.example",
	    "451 4.3.0" },
	{ { "virtual_alias_maps=proxy:unix:passwd.byname" }, "joe@us.example", "451 4.3.0" },
	{ { "virtual_alias_maps=proxy:unix:passwd.byname" }, "w@va.example", "451 4.3.0" },
	{ { "canonical_maps=proxy:unix:passwd.byname" }, "joe@us.example", "451 4.3.0" },
	{ { "recipient_canonical_maps=proxy:unix:passwd.byname" }, "joe@us.example", "451 4.3.0" },
	{ { "relocated_maps=proxy:unix:passwd.byname" }, "joe@us.example", "451 4.3.0" },
	{ { "relay_domains=proxy:unix:passwd.byname" }, "joe@relay.example", "451 4.3.0" },
};

/* "sender:" stands before an address that is asked for as a sender. */
static const char *
plain(const char *address)
{
	return strncmp(address, "sender:", 7) == 0 ? address + 7 : address;
}

static void
known_recipients(void **state)
{
	(void)state;
	for (size_t i = 0; i < NITEMS(known); i++) {
		const struct conf *cf = sample_conf(known[i].settings);
		struct routes *r = sample_routes(cf);
		struct arena mem = ARENA(1 << 16);
		struct verdict why = VERDICT(&mem);
		const struct route_query q = { .address = plain(known[i].address),
			.is_sender = plain(known[i].address) != known[i].address };
		enum table_result found = TABLE_ERROR;
		const char *got = "", *want = known[i].want;
		struct route to;

		if (route_resolve(r, &q, &mem, &to, &why) == FATE_OK)
			found = route_known(r, &q, &to, &mem, &why);
		if (found != TABLE_FOUND)
			got = arena_fmt(&mem, "%d %s %s", why.code, why.dsn, why.text);
		if (found == TABLE_ERROR ? strncmp(want, "451 4.3.", 8) != 0 : strcmp(got, want) != 0)
			fail_msg("%s with %s: %s", known[i].address, known[i].settings[0], got);
		routes_free(&r);
		conf_free(&cf);
		arena_free(&mem);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_recipients),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
