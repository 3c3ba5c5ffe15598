/* SPDX-License-Identifier: Apache-2.0 */
#include "qmgr/marker.h"

#include "lib/base/log.h"
#include "lib/io/commit.h"
#include "lib/io/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { MARKER_MAX = 128 };
static const char clean[] = "clean\n";

/* "running 7c8d...\n"; without /proc every stop counts as unclean that was not orderly. */
static void
running_text(struct buf *out)
{
	struct buf id = BUF(64);
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	char *room = buf_room(&id, 48);
	ssize_t n = fd >= 0 && room != NULL ? read(fd, room, 48) : 0;

	if (n > 0)
		buf_grew(&id, (size_t)n);
	if (fd >= 0)
		close(fd);
	buf_fmt(out, "running %s", buf_str(&id));
	if (n <= 0)
		buf_putc(out, '\n');
	buf_free(&id);
}

static bool
put(int lock, const char *text)
{
	return ftruncate(lock, 0) == 0 && file_pwrite_all(lock, text, strlen(text), 0) && commit_file(lock);
}

bool
marker_unclean(int lock)
{
	struct buf running = BUF(MARKER_MAX);
	char text[MARKER_MAX + 1] = "";
	bool known;

	running_text(&running);
	if (pread(lock, text, MARKER_MAX, 0) < 0)
		text[0] = '\0';
	known =
	    strcmp(text, clean) == 0 || (strlen(text) > strlen("running \n") && strcmp(text, buf_str(&running)) == 0);
	buf_free(&running);
	return !known;
}

bool
marker_running(int lock, struct buf *err)
{
	struct buf running = BUF(MARKER_MAX);
	bool ok;

	running_text(&running);
	if (!(ok = put(lock, buf_str(&running))))
		buf_fmt(err, "write queue.lock in the queue directory: %s", strerror(errno));
	buf_free(&running);
	return ok;
}

void
marker_clean(int lock)
{
	if (!put(lock, clean))
		log_warn("write queue.lock: %s; the next start checks all files in incoming", strerror(errno));
}
