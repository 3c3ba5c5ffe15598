/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/service/landlock.h"

#include "lib/base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The kernel's interface, defined here because the headers of most systems are older than their kernels. */
enum { CREATE_RULESET = 444, ADD_RULE = 445, RESTRICT_SELF = 446, RULESET_VERSION = 1, RULE_PATH_BENEATH = 1 };
struct ruleset {
	uint64_t fs, net, scoped;
};
struct path_beneath {
	uint64_t allowed;
	int32_t fd;
} __attribute__((packed));

#define FS_WRITE_FILE  (UINT64_C(1) << 1)
#define FS_READ_FILE   (UINT64_C(1) << 2)
#define FS_READ_DIR    (UINT64_C(1) << 3)
#define FS_REMOVE_DIR  (UINT64_C(1) << 4)
#define FS_REMOVE_FILE (UINT64_C(1) << 5)
#define FS_MAKE_DIR    (UINT64_C(1) << 7)
#define FS_MAKE_REG    (UINT64_C(1) << 8)
#define FS_ABI1	       ((UINT64_C(1) << 13) - 1)
#define FS_REFER       (UINT64_C(1) << 13)
#define FS_TRUNCATE    (UINT64_C(1) << 14)
#define FS_IOCTL_DEV   (UINT64_C(1) << 15)
#define FS_OF_FILES    (FS_WRITE_FILE | FS_READ_FILE | FS_TRUNCATE)
#define NET_TCP	       (UINT64_C(3))
#define SCOPE_ALL      (UINT64_C(3))
enum { ABI_REFER = 2, ABI_TRUNCATE = 3, ABI_NET = 4, ABI_IOCTL = 5, ABI_SCOPE = 6 };

int
landlock_abi(void)
{
	long abi = syscall(CREATE_RULESET, NULL, 0, RULESET_VERSION);

	return abi > 0 ? (int)abi : 0;
}

void
landlock_describe(struct buf *b)
{
	int abi = landlock_abi();

	if (abi >= ABI_REFER)
		buf_fmt(b, "sandbox: landlock ABI %d, seccomp off", abi);
	else
		buf_puts(b, "sandbox: landlock off (the kernel has none, or one without renames), seccomp off");
}

static struct ruleset
handled(int abi, const struct service_rights *r)
{
	struct ruleset set = { .fs = FS_ABI1 | FS_REFER };

	if (abi >= ABI_TRUNCATE)
		set.fs |= FS_TRUNCATE;
	if (abi >= ABI_IOCTL)
		set.fs |= FS_IOCTL_DEV;
	if (abi >= ABI_NET && !r->network)
		set.net = NET_TCP;
	if (abi >= ABI_SCOPE)
		set.scoped = SCOPE_ALL;
	return set;
}

static size_t
size_for(int abi)
{
	return abi >= ABI_SCOPE ? 24 : abi >= ABI_NET ? 16 : 8;
}

static uint64_t
wanted(unsigned may)
{
	uint64_t bits = 0;

	if (may & FOLDER_READ)
		bits |= FS_READ_FILE | FS_READ_DIR;
	if (may & FOLDER_WRITE)
		bits |= FS_WRITE_FILE | FS_TRUNCATE;
	if (may & FOLDER_CREATE)
		bits |=
		    FS_WRITE_FILE | FS_TRUNCATE | FS_MAKE_REG | FS_MAKE_DIR | FS_REMOVE_FILE | FS_REMOVE_DIR | FS_REFER;
	return bits;
}

static bool
add_folder(int set, const struct ruleset *h, const char *path, unsigned may, struct buf *err)
{
	struct path_beneath rule = { .allowed = wanted(may) & h->fs };
	struct stat st;
	bool ok;

	if ((rule.fd = open(path, O_PATH | O_CLOEXEC)) < 0) {
		if (errno == ENOENT || errno == EACCES || errno == ENOTDIR)
			return true; /* what is not there, or is closed already, needs no right */
		buf_fmt(err, "open %s: %s", path, strerror(errno));
		return false;
	}
	if (fstat(rule.fd, &st) == 0 && !S_ISDIR(st.st_mode))
		rule.allowed &= FS_OF_FILES;
	ok = rule.allowed == 0 || syscall(ADD_RULE, set, RULE_PATH_BENEATH, &rule, 0) == 0;
	if (!ok)
		buf_fmt(err, "landlock rule for %s: %s", path, strerror(errno));
	close(rule.fd);
	return ok;
}

int
landlock_prepare(const struct service_rights *r, const struct conf *cf, struct buf *err)
{
	int abi = landlock_abi(), set;
	struct ruleset h = handled(abi, r);

	if (abi < ABI_REFER)
		return -1;
	if ((set = (int)syscall(CREATE_RULESET, &h, size_for(abi), 0)) < 0) {
		buf_fmt(err, "landlock: %s", strerror(errno));
		return -2;
	}
	for (const struct service_folder *f = r->folders; f != NULL && f->path != NULL; f++) {
		struct buf path = BUF(4096);
		bool ok = true;

		if (strchr(f->path, '$') != NULL)
			ok = conf_expand(cf, f->path, NULL, NULL, &path, err);
		else
			buf_puts(&path, f->path);
		ok = ok && (path.len == 0 || add_folder(set, &h, buf_str(&path), f->may, err));
		buf_free(&path);
		if (!ok) {
			close(set);
			return -2;
		}
	}
	return set;
}

bool
landlock_enforce(int *set)
{
	bool ok = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && (*set < 0 || syscall(RESTRICT_SELF, *set, 0) == 0);

	if (*set >= 0)
		close(*set);
	*set = -1;
	return ok;
}
