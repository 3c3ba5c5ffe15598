/* SPDX-License-Identifier: Apache-2.0 */
/*
 * warn - probable mistakes in main.cf and master.cf, told on the standard error whenever they are read: in
 * Postfix's words, where it has some, since there are scripts that look for them.
 */
#ifndef POSTCONF_WARN_H
#define POSTCONF_WARN_H

#include "commands/postconf/postconf.h"

/* Lines that are left out, repeated and undefined names; m may be NULL. */
void warn_before(const struct conf *, const struct mastercf *m);
/* Names that nobody uses: in main.cf and among -o, if parameters were asked for, and in master.cf. */
void warn_after(const struct conf *, const struct mastercf *m, const struct request *);
/* Settings in main.cf that do not do what they say: without effect, refused, not built, or of old. */
void warn_status(const struct conf *);
/* A value in main.cf that cannot be expanded ends the program, whatever was asked for, as in Postfix. */
void warn_values(const struct conf *);

#endif
