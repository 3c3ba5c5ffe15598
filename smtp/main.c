/* SPDX-License-Identifier: Apache-2.0 */
/* smtp delivers mail to other hosts, by SMTP, or by LMTP when it is called lmtp. */
#include "smtp/delivery.h"
#include "smtp/extra.h"
#include "smtp/generic.h"

#include "lib/base/idn.h"
#include "lib/base/log.h"

#include <string.h>

/* Parameters that are set and that have no effect must not be missed: one line when the process starts. */
static void
tell_ignored(const struct conf *cf, bool lmtp)
{
	struct buf names = BUF(1024);

	settings_ignored(cf, lmtp, &names);
	if (names.len > 0)
		log_warn("these parameters have no effect in this version: %s", buf_str(&names));
	buf_free(&names);
}

/* Before the jail: what it will not let us read. */
static bool
open_client(const struct conf *cf, bool lmtp, void **state, struct buf *err)
{
	struct client *c = mem_zero(1, sizeof(*c));

	settings_load(&c->settings, cf, lmtp);
	tell_ignored(cf, lmtp);
	idn_load();
	if ((c->port = addr_service_port(c->settings.tcp_port)) < 0) {
		buf_fmt(err, "%s_tcp_port = %s: unknown service or bad port number", lmtp ? "lmtp" : "smtp",
		    c->settings.tcp_port);
		return false;
	}
	if ((c->protocols = addr_protocols(cf->inet_protocols, err)) < 0 ||
	    !addr_own(cf->inet_interfaces, cf->proxy_interfaces, cf->inet_protocols, &c->own, err) ||
	    !extra_flags(service_arguments(), &c->flags, err))
		return false;
	if (!generic_open(c, cf, err))
		return false;
	if (c->settings.native && (c->hosts = hosts_file_load("/etc/hosts", err)) == NULL)
		return false;
	c->cache = cache_new();
	*state = c;
	return true;
}

static bool
open_smtp(const struct conf *cf, void **state, struct buf *err)
{
	return open_client(cf, false, state, err);
}

static bool
open_lmtp(const struct conf *cf, void **state, struct buf *err)
{
	return open_client(cf, true, state, err);
}

static bool
changed(void *state)
{
	struct client *c = state;

	return mapping_changed(c->generic);
}

static void
session(struct session *s)
{
	struct worker w = { .client = s->state, .dns = DNS("private/resolver", s->cf->dns_timeout) };

	s->state = &w;
	agent_session(s, delivery_run);
	dns_close(&w.dns);
}

int
main(int argc, char **argv)
{
	static const struct service smtp = {
		.program = "smtp",
		.about = "delivers mail to other hosts, by SMTP",
		.shape = SHAPE_SESSIONS,
		.account = ACCOUNT_NET,
		.peers = PEER_QUEUE,
		.rights = { .network = true },
		.open = open_smtp,
		.session = session,
		.changed = changed,
	};
	static const struct service lmtp = {
		.program = "lmtp",
		.about = "delivers mail to other hosts or programs, by LMTP",
		.shape = SHAPE_SESSIONS,
		.account = ACCOUNT_NET,
		.peers = PEER_QUEUE,
		.rights = { .network = true },
		.open = open_lmtp,
		.session = session,
		.changed = changed,
	};
	const char *slash = argc > 0 ? strrchr(argv[0], '/') : NULL, *name = slash != NULL ? slash + 1 : argv[0];

	return service_run(argc > 0 && strcmp(name, "lmtp") == 0 ? &lmtp : &smtp, argc, argv);
}
