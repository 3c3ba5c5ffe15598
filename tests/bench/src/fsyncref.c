/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fsyncref - what the file system gives a mail queue, without any MTA.
 *
 * usage: fsyncref -d dir [-w writers] [-t seconds] [-b bytes] [-k batch] mode
 *   mode single:  each writer loops create, write, fsync, rename, unlink
 *   mode nodsync: the same without fsync (the price of the file operations)
 *   mode datasync: fdatasync in place of fsync
 *   mode append:  each writer appends to its own preallocated log, fdatasync
 *   mode batch:   each writer creates K files, one syncfs, K renames+unlinks
 *   mode group:   the writers hand files to one committer: all that wait are
 *                 released by one syncfs (group commit)
 *   mode glog:    writers append to ONE shared log; one fdatasync releases
 *                 all that wait (log-structured group commit)
 * Prints one JSON object.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const char *dir = ".", *mode;
static int writers = 1, bytes = 4096, batch = 50;
static double seconds = 5;
static char *data;
static atomic_long done, syncs;
static atomic_int stop;
static int dirfd_, glogfd;
static atomic_long glog_off;
static pthread_mutex_t mu = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cv_work = PTHREAD_COND_INITIALIZER, cv_done = PTHREAD_COND_INITIALIZER;
static long want_gen, done_gen; /* generations asked for and durable */

static double
now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

static void
die(const char *s)
{
	perror(s);
	exit(1);
}

static void *
committer(void *unused)
{
	pthread_mutex_lock(&mu);
	for (;;) {
		long g;

		while (want_gen == done_gen && !stop)
			pthread_cond_wait(&cv_work, &mu);
		if (want_gen == done_gen && stop)
			break;
		g = want_gen;
		pthread_mutex_unlock(&mu);
		if (strcmp(mode, "glog") == 0) {
			if (fdatasync(glogfd) < 0)
				die("fdatasync");
		} else if (syncfs(dirfd_) < 0)
			die("syncfs");
		syncs++;
		pthread_mutex_lock(&mu);
		done_gen = g;
		pthread_cond_broadcast(&cv_done);
	}
	pthread_mutex_unlock(&mu);
	return unused;
}

static void
wait_commit(void)
{
	long mine;

	pthread_mutex_lock(&mu);
	mine = ++want_gen;
	pthread_cond_signal(&cv_work);
	while (done_gen < mine)
		pthread_cond_wait(&cv_done, &mu);
	pthread_mutex_unlock(&mu);
}

static void
mkfile(const char *p, int how)
{
	int fd = open(p, O_CREAT | O_EXCL | O_WRONLY, 0600);

	if (fd < 0 || write(fd, data, bytes) != bytes)
		die(p);
	if (how == 1 && fsync(fd) < 0)
		die("fsync");
	if (how == 2 && fdatasync(fd) < 0)
		die("fdatasync");
	if (how)
		syncs++;
	close(fd);
}

static void *
worker(void *arg)
{
	long id = (long)arg, n = 0;
	char a[512], b[512];
	int i, how = strcmp(mode, "single") == 0 ? 1 : strcmp(mode, "datasync") == 0 ? 2 : 0;
	double end = now() + seconds;

	if (strcmp(mode, "append") == 0) {
		long off = 0, size = 64 << 20;
		int fd;

		snprintf(a, sizeof(a), "%s/log.%ld", dir, id);
		fd = open(a, O_CREAT | O_RDWR | O_TRUNC, 0600);
		if (fd < 0 || posix_fallocate(fd, 0, size) != 0)
			die(a);
		fsync(fd);
		while (now() < end) {
			if (pwrite(fd, data, bytes, off) != bytes || fdatasync(fd) < 0)
				die("append");
			syncs++;
			off = (off + bytes) % (size - bytes);
			done++;
		}
		close(fd);
		unlink(a);
		return 0;
	}
	while (now() < end) {
		if (strcmp(mode, "batch") == 0) {
			for (i = 0; i < batch; i++) {
				snprintf(a, sizeof(a), "%s/t.%ld.%ld", dir, id, n + i);
				mkfile(a, 0);
			}
			if (syncfs(dirfd_) < 0)
				die("syncfs");
			syncs++;
			for (i = 0; i < batch; i++) {
				snprintf(a, sizeof(a), "%s/t.%ld.%ld", dir, id, n + i);
				snprintf(b, sizeof(b), "%s/q.%ld.%ld", dir, id, n + i);
				if (rename(a, b) < 0 || unlink(b) < 0)
					die("rename");
			}
			n += batch;
			done += batch;
			continue;
		}
		if (strcmp(mode, "glog") == 0) {
			long off = atomic_fetch_add(&glog_off, bytes) % (256L << 20);

			if (pwrite(glogfd, data, bytes, off) != bytes)
				die("pwrite");
			wait_commit();
			done++;
			continue;
		}
		snprintf(a, sizeof(a), "%s/t.%ld.%ld", dir, id, n);
		snprintf(b, sizeof(b), "%s/q.%ld.%ld", dir, id, n);
		mkfile(a, how);
		if (strcmp(mode, "group") == 0)
			wait_commit();
		if (rename(a, b) < 0 || unlink(b) < 0)
			die("rename");
		n++;
		done++;
	}
	return 0;
}

int
main(int argc, char **argv)
{
	int ch;
	long i;
	pthread_t th[1024], ct;
	double t0, el;
	char p[512];

	while ((ch = getopt(argc, argv, "d:w:t:b:k:")) != -1) {
		if (ch == 'd')
			dir = optarg;
		else if (ch == 'w')
			writers = atoi(optarg);
		else if (ch == 't')
			seconds = atof(optarg);
		else if (ch == 'b')
			bytes = atoi(optarg);
		else if (ch == 'k')
			batch = atoi(optarg);
		else
			return 2;
	}
	if (optind != argc - 1 || writers < 1 || writers > 1000) {
		fprintf(stderr, "usage: %s -d dir [-w n] [-t s] [-b bytes] [-k batch] mode\n", argv[0]);
		return 2;
	}
	mode = argv[optind];
	data = malloc(bytes);
	memset(data, 'x', bytes);
	if ((dirfd_ = open(dir, O_RDONLY | O_DIRECTORY)) < 0)
		die(dir);
	snprintf(p, sizeof(p), "%s/glog", dir);
	if (strcmp(mode, "glog") == 0) {
		glogfd = open(p, O_CREAT | O_RDWR | O_TRUNC, 0600);
		if (glogfd < 0 || posix_fallocate(glogfd, 0, (256L << 20) + bytes) != 0)
			die(p);
		fsync(glogfd);
	}
	t0 = now();
	if (strcmp(mode, "group") == 0 || strcmp(mode, "glog") == 0)
		pthread_create(&ct, 0, committer, 0);
	for (i = 0; i < writers; i++)
		pthread_create(&th[i], 0, worker, (void *)i);
	for (i = 0; i < writers; i++)
		pthread_join(th[i], 0);
	el = now() - t0;
	if (strcmp(mode, "group") == 0 || strcmp(mode, "glog") == 0) {
		pthread_mutex_lock(&mu);
		stop = 1;
		pthread_cond_signal(&cv_work);
		pthread_mutex_unlock(&mu);
		pthread_join(ct, 0);
		if (strcmp(mode, "glog") == 0)
			unlink(p);
	}
	printf(
	    "{\"mode\": \"%s\", \"writers\": %d, \"bytes\": %d, \"batch\": %d, \"files_per_s\": %.1f, \"syncs_per_s\": %.1f}\n",
	    mode, writers, bytes, batch, done / el, syncs / el);
	return 0;
}
