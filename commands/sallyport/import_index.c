/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The indexes of the tables that were copied: without them nothing is found in a hash: table.
 *
 * postmap and postalias make them, each with the rights of its source's owner, and say on the standard error what
 * lines they leave out.
 */
#include "commands/sallyport/import.h"
#include "commands/sallyport/table_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static bool
is_good(const struct import *im, const struct import_file *f)
{
	char *path = mem_fmt("%s/%s", im->to, f->rel), *index = NULL;
	bool good = table_file_state(f->type, path, &index) == TABLE_FILE_GOOD;

	free(index);
	free(path);
	return good;
}

/* Before "make install" it is not there: then the administrator makes the indexes, by what the report says. */
static bool
has_maker(const struct import *im, const struct import_file *f)
{
	char *program = mem_fmt("%s/%.*s", im->ours->command_directory, (int)strcspn(f->maker, " "), f->maker);
	bool there = access(program, X_OK) == 0;

	free(program);
	return there;
}

/* Its standard output is ours, which the report has to itself. */
static bool
make(const struct import *im, const struct import_file *f)
{
	char *program = mem_fmt("%s/%s", im->ours->command_directory, f->maker), *blank = strchr(program, ' '),
	     *spec = mem_fmt("%s:%s/%s", f->type, im->to, f->rel), *dir = mem_str(im->to);
	char *argv[] = { program, (char[]){ "-c" }, dir, spec, NULL, NULL };
	pid_t pid, ended;
	int status = -1;

	if (blank != NULL) { /* "postmap -F" */
		*blank = '\0';
		argv[3] = blank + 1;
		argv[4] = spec;
	}
	if ((pid = fork()) == 0) {
		dup2(STDERR_FILENO, STDOUT_FILENO);
		execv(program, argv);
		_exit(127);
	}
	while (pid > 0 && (ended = waitpid(pid, &status, 0)) < 0 && errno == EINTR)
		;
	free(program);
	free(spec);
	free(dir);
	return pid > 0 && status == 0;
}

void
import_index(struct import *im)
{
	for (size_t i = 0; i < im->nfiles; i++) {
		struct import_file *f = &im->files[i];

		if (f->type == NULL || f->rel == NULL || (f->fate != FILE_COPY && f->fate != FILE_THERE))
			continue;
		if (f->fate == FILE_THERE && is_good(im, f))
			f->index = INDEX_GOOD;
		else if (im->dry_run || !has_maker(im, f))
			f->index = INDEX_WANTED;
		else
			f->index = make(im, f) ? INDEX_MADE : INDEX_FAILED;
	}
}
