/* SPDX-License-Identifier: Apache-2.0 */
/*
 * confdir - which configuration a command uses: -c, or MAIL_CONFIG, or the installed one.
 *
 *	struct buf err = BUF(4096);
 *	const char *dir = confdir_choose(option_c, &err);
 *	if (dir == NULL)
 *		log_fatal(EX_NOPERM, "%s", buf_str(&err));
 *
 * A command that is set-gid would lend its group to whoever writes a main.cf,
 * so there another folder than the installed one must be named in the
 * installed main.cf (alternate_config_directories, multi_instance_directories),
 * unless root asks.  The string is the option, the environment's or a constant.
 */
#ifndef CONF_CONFDIR_H
#define CONF_CONFDIR_H

#include "lib/base/buf.h"

const char *confdir_choose(const char *option, struct buf *err); /* NULL: *err */

/* Does this process have rights that its user has not? */
bool confdir_privileged(void);

#endif
