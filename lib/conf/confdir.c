/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/conf/confdir.h"

#include "lib/base/config.h"
#include "lib/base/text.h"
#include "lib/conf/conf.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool
confdir_privileged(void)
{
	return getuid() != geteuid() || getgid() != getegid();
}

static bool
listed(const struct conf *cf, const char *parameter, const char *dir)
{
	const char *value = conf_get(cf, parameter);
	char *copy = mem_str(value != NULL ? value : ""), *cursor = copy, *word;
	bool found = false;

	while (!found && (word = text_word(&cursor, TEXT_LIST)) != NULL)
		found = strcmp(word, dir) == 0;
	free(copy);
	return found;
}

static bool
allowed(const char *dir, struct buf *err)
{
	const struct conf_args installed = { .dir = DEF_CONFIG_DIR, .lenient = true, .few = true };
	const struct conf *cf;
	bool ok;

	if (!confdir_privileged() || getuid() == 0 || strcmp(dir, DEF_CONFIG_DIR) == 0)
		return true;
	if ((cf = conf_load(&installed, err)) == NULL)
		return false;
	ok = listed(cf, "alternate_config_directories", dir) || listed(cf, "multi_instance_directories", dir);
	if (!ok)
		buf_fmt(err,
		    "the configuration directory %s may not be used: name it in alternate_config_directories "
		    "in %s/main.cf",
		    dir, DEF_CONFIG_DIR);
	conf_free(&cf);
	return ok;
}

const char *
confdir_choose(const char *option, struct buf *err)
{
	const char *dir = option != NULL ? option : getenv("MAIL_CONFIG");

	if (dir == NULL || dir[0] == '\0')
		return DEF_CONFIG_DIR;
	return allowed(dir, err) ? dir : NULL;
}
