/* SPDX-License-Identifier: Apache-2.0 */
/*
 * queueahead - the files of one queue, opened by threads that keep some steps ahead of who looks at them.
 *
 *	struct queueahead *a = queueahead_open(QUEUE_DEFERRED, "");
 *	while (queueahead_next(a, &f)) {
 *		... f.id, f.file ...
 *		qfile_free(&f.file);
 *	}
 *	queueahead_free(&a);
 *
 * To open and check a file costs more than to tell what it says, and for a
 * large queue all processors do both at once.  The first files, and all of a
 * small queue, are opened by the caller itself.  A queueahead belongs to one
 * thread; its own threads end with it.  Files come in the order of queuescan;
 * what cannot be read, and what is damaged, is left out.  At most
 * QUEUEAHEAD_OPEN files are open at a time.
 */
#ifndef MAIL_QUEUEAHEAD_H
#define MAIL_QUEUEAHEAD_H

#include "lib/mail/qfile.h"
#include "lib/mail/queuedir.h"

enum { QUEUEAHEAD_FEW = 64, QUEUEAHEAD_BATCH = 48, QUEUEAHEAD_OPEN = 4 * QUEUEAHEAD_BATCH };

struct queueahead_file {
	char id[QUEUEID_MAX];
	struct qfile *file; /* in READ mode; the caller's to free */
};

/* only: the queue id of the one file that is wanted; "": all.  It must outlive the queueahead. */
struct queueahead;
struct queueahead *queueahead_open(enum queue, const char *only);
bool queueahead_next(struct queueahead *, struct queueahead_file *out);
void queueahead_free(struct queueahead **);

#endif
