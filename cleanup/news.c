/* SPDX-License-Identifier: Apache-2.0 */
#include "cleanup/news.h"

#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/ipc/qmgr.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* A qmgr that reads nothing for so long looks through incoming/ anyway. */
enum { UNSENT_MAX = 65536 };

struct news {
	pthread_mutex_t lock;
	struct sockaddr_un socket;
	struct ipc *qmgr; /* NULL: not connected */
	bool lost;	  /* something was dropped */
	bool slow;
};

struct news *
news_new(const char *socket)
{
	struct news *n;

	if (strlen(socket) >= sizeof(n->socket.sun_path))
		return NULL;
	n = mem_zero(1, sizeof(*n));
	pthread_mutex_init(&n->lock, NULL);
	n->socket.sun_family = AF_UNIX;
	memcpy(n->socket.sun_path, socket, strlen(socket) + 1);
	return n;
}

static void
hang_up(struct news *n)
{
	ipc_free(&n->qmgr);
	n->slow = false; /* whoever comes next says so again */
}

static bool
call(struct news *n)
{
	int fd;

	if (n->qmgr != NULL)
		return true;
	if ((fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) < 0)
		return false;
	if (connect(fd, (struct sockaddr *)&n->socket, sizeof(n->socket)) < 0) {
		close(fd);
		return false;
	}
	n->qmgr = ipc_begin(fd, &qmgr_protocol);
	conn_nonblocking(ipc_conn(n->qmgr));
	return true;
}

/* What qmgr has said; false: it is gone. */
static bool
listen_to(struct news *n)
{
	struct arena mem = ARENA(IPC_MESSAGE_MAX);
	struct conn *c = ipc_conn(n->qmgr);
	struct qmgr_slow said;
	bool alive = conn_fill(c) >= 0;

	while (ipc_ready(n->qmgr) != NULL) {
		if (!qmgr_slow_get(n->qmgr, &mem, &said))
			break;
		n->slow = said.slow;
		arena_reset(&mem);
	}
	if (alive && !ipc_ok(n->qmgr))
		log_warn("queue manager: %s", ipc_why(n->qmgr));
	arena_free(&mem);
	return alive && ipc_ok(n->qmgr);
}

static bool
send_it(struct news *n, const char *id)
{
	struct conn *c = ipc_conn(n->qmgr);

	if (conn_unsent(c) > UNSENT_MAX && (conn_drain(c) < 0 || conn_unsent(c) > UNSENT_MAX))
		return false;
	qmgr_news_send(n->qmgr, &(struct qmgr_news){ .queue_id = id, .rescan = n->lost });
	return conn_drain(c) >= 0;
}

void
news_tell(struct news *n, const char *id)
{
	pthread_mutex_lock(&n->lock);
	/* A connection whose other end has gone shows it at the first look. */
	if (n->qmgr != NULL && !listen_to(n)) {
		hang_up(n);
		n->lost = true;
	}
	if (!call(n)) {
		n->lost = true;
	} else if (send_it(n, id)) {
		n->lost = false;
	} else {
		n->lost = true;
		if (!ipc_ok(n->qmgr))
			hang_up(n);
	}
	pthread_mutex_unlock(&n->lock);
}

bool
news_slow(struct news *n)
{
	bool slow;

	pthread_mutex_lock(&n->lock);
	if (n->qmgr != NULL && !listen_to(n)) {
		hang_up(n);
		n->lost = true;
	}
	slow = n->slow;
	pthread_mutex_unlock(&n->lock);
	return slow;
}

void
news_free(struct news **np)
{
	if (*np == NULL)
		return;
	ipc_free(&(*np)->qmgr);
	pthread_mutex_destroy(&(*np)->lock);
	free(*np);
	*np = NULL;
}
