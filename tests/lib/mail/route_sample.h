/* SPDX-License-Identifier: Apache-2.0 */
/* route_sample - a site with one domain of each class, for the tests about routes. */
#ifndef TESTS_ROUTE_SAMPLE_H
#define TESTS_ROUTE_SAMPLE_H

#include "lib/mail/route.h"
#include "tests/support/test.h"

#include <string.h>

static const char *const sample_base[] = { "compatibility_level=3.6", "myhostname=mx.us.example", "mydomain=us.example",
	"myorigin=us.example", "mydestination=us.example, $myhostname, localhost", "relay_domains=relay.example",
	"inet_interfaces=127.0.0.1", "local_recipient_maps=inline:{joe=x, alias=x, { full@us.example = x }}",
	"recipient_delimiter=+", "relay_recipient_maps=inline:{ok@relay.example=x}", "virtual_alias_domains=va.example",
	"virtual_alias_maps=inline:{v@va.example=joe, alsoknown@us.example=x}", "virtual_mailbox_domains=vm.example",
	"virtual_mailbox_maps=inline:{m@vm.example=x, @all.vm.example=x}", "virtual_transport=lmtp:unix:private/lmtp" };

enum { SETTINGS_MAX = 4 };

/* The site with some more settings; NULL ends them. */
static inline const struct conf *
sample_conf(const char *const settings[SETTINGS_MAX])
{
	const char *all[NITEMS(sample_base) + SETTINGS_MAX];
	struct conf_args a = { .dir = "/nonexistent", .overrides = all, .defaults_only = true };
	struct buf err = BUF(1000);
	const struct conf *cf;
	size_t n = NITEMS(sample_base);

	memcpy(all, sample_base, sizeof(sample_base));
	for (size_t i = 0; i < SETTINGS_MAX && settings[i] != NULL; i++)
		all[n++] = settings[i];
	a.noverrides = n;
	if ((cf = conf_load(&a, &err)) == NULL)
		fail_msg("%s", buf_str(&err));
	return cf;
}

static inline struct routes *
sample_routes(const struct conf *cf)
{
	/* Tables that need the proxymap service fail: nobody is there. */
	const struct table_env env = { .cf = cf, .proxymap = "/nonexistent/proxymap" };
	struct buf err = BUF(1000);
	struct routes *r = routes_open(cf, &env, &err);

	if (r == NULL)
		fail_msg("%s", buf_str(&err));
	return r;
}

#endif
