/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/base/library.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

static void
say(char why[LIBRARY_WHY], const char *file)
{
	const char *error = dlerror();

	snprintf(why, LIBRARY_WHY, "%s", error != NULL ? error : file);
}

bool
library_load(const char *const *files, const struct library_call *calls, size_t n, void *to, char why[LIBRARY_WHY])
{
	void *library = NULL;

	for (; library == NULL && *files != NULL; files++)
		if ((library = dlopen(*files, RTLD_NOW | RTLD_LOCAL)) == NULL)
			say(why, *files);
	for (size_t i = 0; library != NULL && i < n; i++) {
		void *function = dlsym(library, calls[i].name);

		if (function == NULL) {
			say(why, calls[i].name);
			return false;
		}
		memcpy((char *)to + calls[i].at, &function, sizeof(function));
	}
	return library != NULL;
}
