/* SPDX-License-Identifier: Apache-2.0 */
/* cdb files, with tinycdb. */
#include "lib/table/make.h"

#include "lib/base/config.h"

#ifdef HAVE_LIBCDB
#	include <cdb.h>
#	include <errno.h>
#	include <fcntl.h>
#	include <string.h>
#	include <unistd.h>

bool
make_cdb(struct make *m, const char *file, bool with_nul, struct buf *err)
{
	int fd = open(file, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	struct cdb_make cdb;
	bool ok = fd >= 0 && cdb_make_start(&cdb, fd) == 0;

	if (ok) {
		for (size_t i = 0; ok && i < m->entries.n; i++) {
			const struct entry *x = &m->entries.all[i];

			ok = x->value == NULL ||
			    cdb_make_add(
				&cdb, x->key, x->key_length + with_nul, x->value, x->value_length + with_nul) == 0;
			make_tell(m, i + 1);
		}
		ok = cdb_make_finish(&cdb) == 0 && ok;
	}
	if (!ok)
		buf_fmt(err, "write %s: %s", m->file, strerror(errno));
	if (fd >= 0)
		close(fd);
	return ok;
}
#else
bool
make_cdb(struct make *m, const char *file, bool with_nul, struct buf *err)
{
	(void)file, (void)with_nul;
	buf_fmt(err, "%s: built without tinycdb", m->name);
	return false;
}
#endif
