/* SPDX-License-Identifier: Apache-2.0 */
/* postlogd - writes the log file that maillog_file names, for everybody who has no rights to. */
#include "services/postlogd/writer.h"

#include "lib/base/mem.h"
#include "lib/base/time.h"
#include "lib/service/logging.h"
#include "lib/service/service.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct state {
	struct writer *writer; /* NULL: no file is wanted, and what comes nevertheless goes nowhere */
	struct loop *loop;
	struct timer timer;
};
enum { HOLD_MS = WRITER_HOLD_US / 1000 };

/* Opened with root's rights; a reload starts a process anew, which opens the file of the same name anew. */
static bool
open_file(const struct conf *cf, void **out, struct buf *err)
{
	struct state *state = mem_zero(1, sizeof(*state));
	char host[256];
	int fd;

	*out = state;
	if (cf->maillog_file[0] == '\0')
		return true;
	if ((fd = logging_file(cf)) < 0) {
		buf_fmt(err, "open maillog_file %s: %s; is its folder there?", cf->maillog_file, strerror(errno));
		return false;
	}
	logging_host(host);
	state->writer = writer_new(fd, host);
	return true;
}

/* What has been here for long enough, in one write.  A full disk is told on stderr, which somebody may see. */
static void
flush(struct state *state, long until_us)
{
	if (!writer_flush(state->writer, until_us))
		dprintf(STDERR_FILENO, "postlogd: write maillog_file: %s; %lu lines lost so far\n", strerror(errno),
		    writer_lost(state->writer));
}

static void
tick(void *ctx)
{
	struct state *state = ctx;

	flush(state, now_us() - WRITER_HOLD_US);
	if (writer_waits(state->writer))
		loop_timer(state->loop, &state->timer, HOLD_MS);
}

static void
datagram(const char *bytes, size_t n, const struct conf *cf, void *ctx)
{
	struct state *state = ctx;

	(void)cf;
	if (state->writer == NULL)
		return;
	writer_datagram(state->writer, bytes, n, now_us());
	if (state->timer.at == 0)
		loop_timer(state->loop, &state->timer, HOLD_MS);
}

static void
start(struct loop *l, const struct conf *cf, void *ctx, const int *listeners, int n)
{
	struct state *state = ctx;

	(void)cf;
	(void)listeners;
	(void)n;
	state->loop = l;
	state->timer = (struct timer){ .run = tick, .ctx = state };
	service_ready();
}

static void
stop(void *ctx)
{
	struct state *state = ctx;

	if (state->writer != NULL)
		flush(state, LONG_MAX);
	loop_stop(state->loop);
}

int
main(int argc, char **argv)
{
	static const struct service postlogd = {
		.program = "postlogd",
		.about = "writes the log file",
		.shape = SHAPE_LOOP,
		.account = ACCOUNT_QUEUE,
		.peers = PEER_QUEUE | PEER_NET | PEER_KEY | PEER_DROP,
		.open = open_file,
		.loop = start,
		.datagram = datagram,
		.stop = stop,
	};

	return service_run(&postlogd, argc, argv);
}
