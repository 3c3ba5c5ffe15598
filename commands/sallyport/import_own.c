/* SPDX-License-Identifier: Apache-2.0 */
/* What in a main.cf is about the installation of Postfix itself, and which settings name what we do not copy. */
#include "commands/sallyport/import.h"

#include "lib/base/text.h"
#include "lib/conf/params.h"

#include <string.h>

bool
import_left_out(const char *name)
{
	/* Sorted, for readers. */
	static const char *const names[] = { "command_directory", "config_directory", "daemon_directory",
		"data_directory", "html_directory", "mail_owner", "mailq_path", "manpage_directory", "meta_directory",
		"multi_instance_directories", "multi_instance_wrapper", "newaliases_path", "openssl_path",
		"process_id_directory", "queue_directory", "readme_directory", "sample_directory", "sendmail_path",
		"setgid_group", "shlib_directory" };

	for (size_t i = 0; i < NITEMS(names); i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

bool
import_is_key(const char *name)
{
	return strstr(name, "tls_") != NULL &&
	    (text_ends(name, "file") || text_ends(name, "files") || text_ends(name, "path"));
}

bool
import_keeps_paths(const char *name)
{
	const struct param *p = param_find(name);

	if (import_is_key(name) || text_ends(name, "_command") || text_ends(name, "_directory"))
		return true;
	/* Expanded at use: commands and replies, where we cannot tell a path. */
	return p != NULL && p->type == F_RAW;
}

bool
import_is_cache(const char *name)
{
	return text_ends(name, "_session_cache_database") || text_ends(name, "_cache_map") ||
	    strcmp(name, "address_verify_map") == 0;
}
