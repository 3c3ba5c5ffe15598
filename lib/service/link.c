/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/service/link.h"

#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/ipc/master.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/stat.h>

enum { PATIENCE_MS = 10000 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* around all below but the atomic ones */
static struct ipc *ipc;
static bool gone, retired;
static long share;
static atomic_bool served, stress;

bool
link_open(int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0 || !S_ISSOCK(st.st_mode))
		return false;
	ipc = ipc_begin(fd, &master_protocol);
	conn_nonblocking(ipc_conn(ipc));
	return true;
}

int
link_fd(void)
{
	return conn_fd(ipc_conn(ipc));
}

/* With the lock held. */
static void
flush(void)
{
	struct pollfd p = { .fd = link_fd(), .events = POLLOUT };
	int left;

	while ((left = conn_drain(ipc_conn(ipc))) == 0)
		if (poll(&p, 1, PATIENCE_MS) == 0)
			break;
	if (left != 1)
		gone = true;
}

void
link_ready(long most, bool helper)
{
	pthread_mutex_lock(&lock);
	master_ready_send(ipc, &(struct master_ready){ .most = most, .helper = helper });
	flush();
	pthread_mutex_unlock(&lock);
}

void
link_served(void)
{
	if (atomic_exchange(&served, true))
		return;
	pthread_mutex_lock(&lock);
	master_served_send(ipc, &(struct master_served){});
	flush();
	pthread_mutex_unlock(&lock);
}

void
link_state(bool full, bool nearly, long sessions)
{
	pthread_mutex_lock(&lock);
	master_state_send(ipc, &(struct master_state){ .full = full, .nearly = nearly, .sessions = sessions });
	flush();
	pthread_mutex_unlock(&lock);
}

void
link_retire(const char *why)
{
	pthread_mutex_lock(&lock);
	if (!retired) {
		master_retire_send(ipc, &(struct master_retire){ why });
		flush();
	}
	retired = true;
	pthread_mutex_unlock(&lock);
}

static unsigned
take_message(void)
{
	struct arena mem = ARENA(4096);
	struct master_stress s;
	struct master_share grown;
	unsigned what = 0;

	if (master_wakeup_is(ipc))
		what = LINK_WAKEUP;
	else if (master_report_is(ipc))
		what = LINK_REPORT;
	else if (master_share_is(ipc) && master_share_get(ipc, &mem, &grown)) {
		share = grown.share;
		what = LINK_SHARE;
	} else if (master_stress_get(ipc, &mem, &s))
		atomic_store(&stress, s.on);
	arena_free(&mem);
	return what;
}

unsigned
link_read(void)
{
	unsigned what = 0;
	int more;

	pthread_mutex_lock(&lock);
	do {
		more = gone ? -1 : conn_fill(ipc_conn(ipc));
		while (more > 0 && ipc_ready(ipc) != NULL)
			what |= take_message();
	} while (more > 0);
	if (!gone && !ipc_ok(ipc) && conn_error(ipc_conn(ipc)) != CONN_EOF)
		log_warn("connection to master: %s", ipc_why(ipc));
	gone = gone || !ipc_ok(ipc);
	if (gone)
		what |= LINK_GONE;
	pthread_mutex_unlock(&lock);
	return what;
}

long
link_share(void)
{
	long n;

	pthread_mutex_lock(&lock);
	n = share;
	pthread_mutex_unlock(&lock);
	return n;
}

bool
link_stress(void)
{
	return atomic_load(&stress);
}
