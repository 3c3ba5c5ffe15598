/* SPDX-License-Identifier: Apache-2.0 */
/* conf_inside - what is behind a struct conf, for lib/conf alone. */
#ifndef CONF_CONF_INSIDE_H
#define CONF_CONF_INSIDE_H

#include "lib/conf/dict.h"
#include "lib/conf/maincf.h"

struct conf_loaded {
	struct conf conf; /* first: conf_free() is given its address */
	struct conf_dict dict;
	struct arena mem;
	const char *dir, *path; /* of main.cf */
	struct maincf main;
	struct conf_line *lines; /* made by conf_lines() */
};

#endif
