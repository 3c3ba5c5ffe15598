/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/table/map.h"

#include "lib/base/mem.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <unistd.h>

struct map {
	_Atomic uintptr_t at, end; /* 0: not in use, for the next that is opened */
	atomic_bool torn;
	struct map *next;
};

static struct {
	pthread_mutex_t lock;
	struct map *_Atomic all; /* grows at its head, and nothing is taken out: a signal may come at any time */
	uintptr_t page;
} maps = { .lock = PTHREAD_MUTEX_INITIALIZER };

/* In a signal handler: only system calls, and the list. */
static void
past_the_end(int signo, siginfo_t *info, void *context)
{
	uintptr_t at = (uintptr_t)info->si_addr, page = at & ~(maps.page - 1);
	struct map *m;
	int saved = errno;

	(void)context;
	for (m = maps.all; m != NULL; m = m->next)
		if (at >= m->at && at < m->end)
			break;
	if (m == NULL ||
	    mmap((void *)page, maps.page, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED)
		signal(signo, SIG_DFL); /* comes again at once, and ends the process */
	else
		m->torn = true;
	errno = saved;
}

static bool
first_map(void)
{
	struct sigaction act = { .sa_sigaction = past_the_end, .sa_flags = SA_SIGINFO };

	maps.page = (uintptr_t)sysconf(_SC_PAGESIZE);
	return sigaction(SIGBUS, &act, NULL) == 0;
}

static struct map *
unused(void)
{
	struct map *m;

	for (m = maps.all; m != NULL; m = m->next)
		if (m->at == 0)
			return m;
	m = mem_zero(1, sizeof(*m));
	m->next = maps.all;
	maps.all = m;
	return m;
}

struct map *
map_open(int fd, size_t size, const uint8_t **at)
{
	struct map *m = NULL;
	void *p;

	if (size == 0) {
		errno = ENODATA;
		return NULL;
	}
	pthread_mutex_lock(&maps.lock);
	if ((maps.page != 0 || first_map()) && (p = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0)) != MAP_FAILED) {
		m = unused();
		m->torn = false;
		m->end = (uintptr_t)p + size;
		m->at = (uintptr_t)p;
		*at = p;
	}
	pthread_mutex_unlock(&maps.lock);
	return m;
}

bool
map_torn(const struct map *m)
{
	return m->torn;
}

void
map_close(struct map **mp)
{
	struct map *m = *mp;
	uintptr_t at;

	if (m == NULL)
		return;
	pthread_mutex_lock(&maps.lock);
	at = m->at;
	m->at = 0;
	munmap((void *)at, m->end - at);
	pthread_mutex_unlock(&maps.lock);
	*mp = NULL;
}
