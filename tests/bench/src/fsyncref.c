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
 *   mode list:    makes K files of the given size, then reads all of them once: the price of a listing
 * Prints one JSON object; latencies are those of a whole turn of the loop, in ms.
 */
#define _GNU_SOURCE
#include <dirent.h>
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
#define SAMPLES 1000000
static float *lat; /* ms per file, of the first SAMPLES */
static atomic_long nlat;
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

static void
append_own_log(long id, double end)
{
	char a[512];
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
}

static void
finish_file(long id, long n)
{
	char a[512], b[512];

	snprintf(a, sizeof(a), "%s/t.%ld.%ld", dir, id, n);
	snprintf(b, sizeof(b), "%s/q.%ld.%ld", dir, id, n);
	if (rename(a, b) < 0 || unlink(b) < 0)
		die("rename");
	done++;
}

static void
start_file(long id, long n, int how)
{
	char a[512];

	snprintf(a, sizeof(a), "%s/t.%ld.%ld", dir, id, n);
	mkfile(a, how);
}

static void
one_batch(long id, long n)
{
	int i;

	for (i = 0; i < batch; i++)
		start_file(id, n + i, 0);
	if (syncfs(dirfd_) < 0)
		die("syncfs");
	syncs++;
	for (i = 0; i < batch; i++)
		finish_file(id, n + i);
}

static void
one_record(void)
{
	long off = atomic_fetch_add(&glog_off, bytes) % (256L << 20);

	if (pwrite(glogfd, data, bytes, off) != bytes)
		die("pwrite");
	wait_commit();
	done++;
}

static void
note_latency(double start)
{
	long k = nlat++;

	if (k < SAMPLES)
		lat[k] = (now() - start) * 1e3;
}

static void *
worker(void *arg)
{
	long id = (long)arg, n = 0;
	int how = strcmp(mode, "single") == 0 ? 1 : strcmp(mode, "datasync") == 0 ? 2 : 0;
	double end = now() + seconds, start;

	if (strcmp(mode, "append") == 0) {
		append_own_log(id, end);
		return 0;
	}
	while ((start = now()) < end) {
		if (strcmp(mode, "batch") == 0) {
			one_batch(id, n);
			n += batch;
		} else if (strcmp(mode, "glog") == 0)
			one_record();
		else {
			start_file(id, n, how);
			if (strcmp(mode, "group") == 0)
				wait_commit();
			finish_file(id, n++);
		}
		note_latency(start);
	}
	return 0;
}

/* Reads the K files in the order in which the folder gives them. */

static void
list_files(void)
{
	char a[512], *page = malloc(bytes);
	struct dirent *e;
	DIR *d;
	long i;
	double t0, el;

	for (i = 0; i < batch; i++)
		start_file(0, i, 0);
	t0 = now();
	if ((d = opendir(dir)) == 0)
		die(dir);
	while ((e = readdir(d)) != 0) {
		int fd = e->d_name[0] == 't' ? openat(dirfd(d), e->d_name, O_RDONLY) : -1;

		if (fd >= 0 && read(fd, page, bytes) != bytes)
			die("read");
		if (fd >= 0) {
			close(fd);
			done++;
		}
	}
	el = now() - t0;
	closedir(d);
	printf("{\"mode\": \"list\", \"files\": %ld, \"bytes\": %d, \"seconds\": %.6f}\n", (long)done, bytes, el);
	for (i = 0; i < batch; i++) {
		snprintf(a, sizeof(a), "%s/t.0.%ld", dir, i);
		unlink(a);
	}
}

static int
cmp(const void *a, const void *b)
{
	float x = *(const float *)a, y = *(const float *)b;

	return x < y ? -1 : x > y;
}

static double
percentile(double p)
{
	long n = nlat < SAMPLES ? nlat : SAMPLES;

	return n ? lat[(long)((n - 1) * p)] : 0;
}

/* Runs the writers, and the committer where there is one; the seconds that it took. */

static double
run_all(void)
{
	int commits = strcmp(mode, "group") == 0 || strcmp(mode, "glog") == 0;
	pthread_t th[1024], ct;
	double t0 = now(), el;
	long i;

	if (commits)
		pthread_create(&ct, 0, committer, 0);
	for (i = 0; i < writers; i++)
		pthread_create(&th[i], 0, worker, (void *)i);
	for (i = 0; i < writers; i++)
		pthread_join(th[i], 0);
	el = now() - t0;
	if (commits) {
		pthread_mutex_lock(&mu);
		stop = 1;
		pthread_cond_signal(&cv_work);
		pthread_mutex_unlock(&mu);
		pthread_join(ct, 0);
	}
	return el;
}

static void
measure(void)
{
	char p[512];
	double el;

	snprintf(p, sizeof(p), "%s/glog", dir);
	if (strcmp(mode, "glog") == 0) {
		glogfd = open(p, O_CREAT | O_RDWR | O_TRUNC, 0600);
		if (glogfd < 0 || posix_fallocate(glogfd, 0, (256L << 20) + bytes) != 0)
			die(p);
		fsync(glogfd);
	}
	el = run_all();
	if (glogfd > 0)
		unlink(p);
	qsort(lat, nlat < SAMPLES ? nlat : SAMPLES, sizeof(*lat), cmp);
	printf("{\"mode\": \"%s\", \"writers\": %d, \"bytes\": %d, \"batch\": %d, \"files\": %ld, \"elapsed\": %.4f, "
	       "\"files_per_s\": %.1f, \"syncs_per_s\": %.1f, \"lat_p50_ms\": %.3f, \"lat_p99_ms\": %.3f}\n",
	    mode, writers, bytes, batch, (long)done, el, done / el, syncs / el, percentile(.5), percentile(.99));
}

int
main(int argc, char **argv)
{
	int ch;

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
	lat = calloc(SAMPLES, sizeof(*lat));
	if ((dirfd_ = open(dir, O_RDONLY | O_DIRECTORY)) < 0)
		die(dir);
	if (strcmp(mode, "list") == 0)
		list_files();
	else
		measure();
	return 0;
}
