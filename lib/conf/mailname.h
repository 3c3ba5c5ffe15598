/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mailname - "myorigin = /etc/mailname", as Debian's main.cf files have it: a
 * value of myorigin that is an absolute path stands for the file's first line.
 */
#ifndef CONF_MAILNAME_H
#define CONF_MAILNAME_H

#include "lib/base/buf.h"

bool mailname_wanted(const char *parameter, const char *value);
bool mailname_read(const char *path, struct buf *out, struct buf *err); /* false: *err is why, with a remedy */

#endif
