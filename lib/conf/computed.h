/* SPDX-License-Identifier: Apache-2.0 */
/* computed - the functions that conf_computed() registered, for lib/conf alone. */
#ifndef CONF_COMPUTED_H
#define CONF_COMPUTED_H

#include "lib/conf/conf.h"

conf_compute *computed_find(const char *name); /* NULL: none */

#endif
