/* SPDX-License-Identifier: Apache-2.0 */
/* A server that answers what it likes: replies read from a connection, until there is no more. */
#include "lib/net/reply.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct arena mem = ARENA(1 << 20);
	struct reply r = REPLY;
	struct conn *c;
	int pair[2];

	/* What fits into the socket at once is enough. */
	if (n > 100000 || socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0)
		return 0;
	if (send(pair[0], bytes, n, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 && n > 0) {
		close(pair[0]);
		close(pair[1]);
		return 0;
	}
	close(pair[0]);
	c = conn_new(pair[1]);
	conn_deadline(c, 5);
	while (reply_read(c, &r)) {
		const char *text = reply_text(&r, &mem);

		if (r.code < 200 || r.code > 599 || r.dsn[0] != '0' + r.code / 100 || r.text.len > REPLY_TEXT)
			abort();
		for (; *text != '\0'; text++)
			if ((unsigned char)*text < ' ' || *text == 127)
				abort();
	}
	if (conn_error(c) == CONN_OK)
		abort();
	conn_free(&c);
	reply_free(&r);
	arena_free(&mem);
	return 0;
}
