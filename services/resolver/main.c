/* SPDX-License-Identifier: Apache-2.0 */
/* resolver answers DNS questions for everybody: the only program that asks name servers, with one cache for all. */
#include "services/resolver/resolver.h"

#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/io/file.h"
#include "lib/service/service.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_MOST = 65536, EARLIER_MS = 500 };

static const char *const anchor_files[] = { "/usr/share/dns/root.key", "/var/lib/unbound/root.key" };

static char *
load_anchors(void)
{
	char *text = NULL;

	for (size_t i = 0; i < NITEMS(anchor_files) && text == NULL; i++) {
		struct buf b = BUF(FILE_MOST);

		if (file_read(AT_FDCWD, anchor_files[i], &b))
			text = mem_str(buf_str(&b));
		buf_free(&b);
	}
	return text;
}

static bool
open_resolver(const struct conf *cf, void **state, struct buf *err)
{
	struct resolver *r = mem_zero(1, sizeof(*r));
	struct buf text = BUF(FILE_MOST);

	list_init(&r->clients);
	list_init(&r->questions);
	/* Our answer, be it that there is none, is to come before the caller gives up. */
	r->timeout_ms = cf->dns_timeout * 1000 - EARLIER_MS;
	r->anchors = load_anchors();
	*state = r;
	if (*cf->dns_server != '\0') {
		if (!servers_one(cf->dns_server, &r->servers)) {
			buf_fmt(err, "dns_server = %s: write address:port, such as 127.0.0.1:5300", cf->dns_server);
			return false;
		}
		return true;
	}
	r->resolv_conf = "/etc/resolv.conf";
	if (file_read(AT_FDCWD, r->resolv_conf, &text))
		servers_parse(buf_str(&text), &r->servers);
	else
		log_warn("open file %s: %s", r->resolv_conf, strerror(errno));
	buf_free(&text);
	return true;
}

static void
somebody_comes(void *ctx, unsigned events)
{
	struct resolver *r = ctx;

	(void)events;
	for (int i = 0; i < r->nlisteners; i++) {
		int fd;

		while ((fd = service_accept(r->listeners[i].fd, NULL, NULL, NULL)) >= 0)
			client_add(r, fd);
	}
}

static void
serve(struct loop *loop, const struct conf *cf, void *state, const int *listeners, int n)
{
	struct resolver *r = state;

	(void)cf;
	r->loop = loop;
	r->nlisteners = n < LISTENERS ? n : LISTENERS;
	for (int i = 0; i < r->nlisteners; i++) {
		r->listeners[i] = (struct watch){ .fd = listeners[i], .run = somebody_comes, .ctx = r };
		loop_watch(loop, &r->listeners[i], LOOP_READ);
	}
	upstream_start(r);
	service_ready();
}

static void
stop(void *state)
{
	resolver_end(state);
}

int
main(int argc, char **argv)
{
	/* resolv.conf may be a link to where some daemon writes it. */
	static const struct service_folder folders[] = {
		{ "/etc", FOLDER_READ },
		{ "/run/systemd/resolve", FOLDER_READ },
		{ "/run/NetworkManager", FOLDER_READ },
		{ "/run/resolvconf", FOLDER_READ },
		{ "/run/connman", FOLDER_READ },
		{ NULL, 0 },
	};
	static const struct service resolver = {
		.program = "resolver",
		.about = "answers DNS questions for all the others",
		.shape = SHAPE_LOOP,
		.account = ACCOUNT_NET,
		.peers = PEER_QUEUE | PEER_NET,
		.rights = { .folders = folders, .network = true },
		.open = open_resolver,
		.loop = serve,
		.stop = stop,
	};

	return service_run(&resolver, argc, argv);
}
