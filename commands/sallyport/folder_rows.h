/* SPDX-License-Identifier: Apache-2.0 */
/* folder_rows - the table behind folders.h; for the files that make it up, and its test. */
#ifndef SALLYPORT_FOLDER_ROWS_H
#define SALLYPORT_FOLDER_ROWS_H

#include "commands/sallyport/folders.h"

#include <sys/types.h>

enum folder_place { IN_QUEUE, IN_DATA, IN_COMMANDS };
enum folder_who { OF_ROOT, OF_QUEUE, OF_DROP };
enum folder_kind {
	ROW_FOLDER,
	ROW_QUEUE, /* a folder whose files have its owner, too */
	ROW_FILE,
	ROW_COMMAND, /* a set-gid program: checked when it is there and we are separated */
};

struct folder_row {
	enum folder_place place;
	const char *name; /* ".": the place itself */
	enum folder_who owner, group;
	mode_t mode;
	enum folder_kind kind;
};
extern const struct folder_row folder_rows[];
extern const size_t folder_nrows;

const char *folder_place(const struct conf *, enum folder_place);
char *folder_path(const struct folder_row *, const struct conf *); /* to be freed */
void folder_owner(const struct folder_row *, const struct accounts *, struct account *out);

#endif
