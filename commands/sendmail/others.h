/* SPDX-License-Identifier: Apache-2.0 */
/* others - the modes of sendmail that are other programs, or nothing at all. */
#ifndef SENDMAIL_OTHERS_H
#define SENDMAIL_OTHERS_H

#include "commands/sendmail/submit.h"

int others_list(const struct sendmail *);    /* postqueue -p */
int others_flush(const struct sendmail *);   /* postqueue -f, -i id, -s site */
int others_smtp(const struct sendmail *);    /* smtpd -S */
int others_aliases(const struct sendmail *); /* postalias, for tables that have an index */
int others_daemon(const struct sendmail *);
int others_verify(const struct sendmail *);
int others_help(const struct sendmail *);

#endif
