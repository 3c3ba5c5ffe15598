/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/base/option.h"

#include "lib/base/log.h"

#include <stdio.h>
#include <unistd.h>

int
option_next(int argc, char **argv, const char *letters)
{
	int at = optind > 0 ? optind : 1, letter;
	char all[64];

	must_hold(snprintf(all, sizeof(all), "+:%s", letters) < (int)sizeof(all));
	opterr = 0;
	letter = getopt(argc, argv, all);
	if (letter == '?')
		log_fatal(EX_USAGE, "what is %s? --help tells the options", argv[at]);
	if (letter == ':')
		log_fatal(EX_USAGE, "option %s wants an argument", argv[at]);
	return letter;
}
