/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/folder.h"

#include "lib/base/mem.h"

#include <stdio.h>
#include <stdlib.h>

char folder_path[200];

int
folder_make(void **state)
{
	const char *tmp = getenv("TMPDIR");

	(void)state;
	snprintf(folder_path, sizeof(folder_path), "%s/sallyport_test.XXXXXX", tmp != NULL ? tmp : "/tmp");
	return mkdtemp(folder_path) == NULL;
}

int
folder_remove(void **state)
{
	char *command = mem_fmt("rm -rf %s", folder_path);
	int r = system(command);

	(void)state;
	free(command);
	return r;
}
