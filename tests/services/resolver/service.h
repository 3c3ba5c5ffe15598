/* SPDX-License-Identifier: Apache-2.0 */
/* service - the service's loop between struct dns clients and a name server in Python that says what a table holds. */
#ifndef TESTS_SERVICES_RESOLVER_SERVICE_H
#define TESTS_SERVICES_RESOLVER_SERVICE_H

#include "services/resolver/resolver.h"

#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/time.h"
#include "lib/net/dns.h"
#include "tests/support/test.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- the name server ---- */

static struct {
	pid_t pid;
	int port, to;
	char file[64];
} server;

static inline void
server_start(const char *text)
{
	char script[512], port[16] = "";
	const char *source = getenv("SALLYPORT_SOURCE");
	int in[2], out[2], fd;
	size_t n = 0;

	snprintf(script, sizeof(script), "%s/tests/whole/support/dns_server.py", source != NULL ? source : ".");
	snprintf(server.file, sizeof(server.file), "/tmp/resolver_test.XXXXXX");
	assert_true((fd = mkstemp(server.file)) >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	assert_true(pipe(in) == 0 && pipe(out) == 0);
	if ((server.pid = fork()) == 0) {
		dup2(in[0], 0);
		dup2(out[1], 1);
		close(in[1]);
		execlp("python3", "python3", script, server.file, (char *)NULL);
		_exit(127);
	}
	close(in[0]);
	close(out[1]);
	server.to = in[1];
	while (n < sizeof(port) - 1 && read(out[0], port + n, 1) == 1 && port[n] != '\n')
		n++;
	close(out[0]);
	assert_int_equal(sscanf(port, "port %d", &server.port), 1);
}

static inline void
server_stop(void)
{
	close(server.to);
	waitpid(server.pid, NULL, 0);
	unlink(server.file);
}

/* ---- the service, on a thread; clients come through a socket pair ---- */

static struct service_run {
	struct resolver r;
	struct watch door;
	int to_door[2];
	pthread_t thread;
} run;

/* A byte 'c' and a descriptor: a client; 'e': the end. */
static inline void
door(void *ctx, unsigned events)
{
	struct resolver *r = ctx;
	int fd = -1;

	(void)events;
	assert_int_equal(recv(run.to_door[0], &fd, sizeof(fd), 0), sizeof(fd));
	if (fd >= 0)
		client_add(r, fd);
	else
		resolver_end(r);
}

static inline void *
serve(void *arg)
{
	struct resolver *r = arg;

	upstream_start(r);
	loop_run(r->loop);
	return NULL;
}

static inline void
service_start(const char *dns_server, const char *resolv_conf, const char *anchors, long timeout_ms)
{
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, run.to_door), 0);
	run.r = (struct resolver){ .timeout_ms = timeout_ms, .loop = loop_new(), .resolv_conf = resolv_conf };
	if (anchors != NULL)
		run.r.anchors = mem_str(anchors);
	list_init(&run.r.clients);
	list_init(&run.r.questions);
	if (dns_server != NULL)
		assert_true(servers_one(dns_server, &run.r.servers));
	run.door = (struct watch){ .fd = run.to_door[0], .run = door, .ctx = &run.r };
	loop_watch(run.r.loop, &run.door, LOOP_READ);
	assert_int_equal(pthread_create(&run.thread, NULL, serve, &run.r), 0);
}

static inline void
tell(int fd)
{
	assert_int_equal(send(run.to_door[1], &fd, sizeof(fd), 0), sizeof(fd));
}

static inline struct ipc *
client(void)
{
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	tell(pair[1]);
	return ipc_begin(pair[0], &resolver_protocol);
}

static inline void
service_ended(void)
{
	pthread_join(run.thread, NULL);
	loop_free(&run.r.loop);
	close(run.to_door[0]);
	close(run.to_door[1]);
	free(run.r.anchors);
}

static inline void
service_stop(void)
{
	tell(-1);
	service_ended();
}

static inline const char *
test_server(void)
{
	static char text[32];

	snprintf(text, sizeof(text), "127.0.0.1:%d", server.port);
	return text;
}

#endif
