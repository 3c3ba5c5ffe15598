/* SPDX-License-Identifier: Apache-2.0 */
/* options - the command line, read and judged: what does not go together ends the program with a message. */
#ifndef POSTCONF_OPTIONS_H
#define POSTCONF_OPTIONS_H

#include "commands/postconf/postconf.h"

/* r has dir, overrides (room for argc of them) and mem; --help and --man end the program. */
void options_read(struct request *r, int argc, char **argv);

#endif
