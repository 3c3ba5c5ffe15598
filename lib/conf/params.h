/* SPDX-License-Identifier: Apache-2.0 */
/*
 * params - finding the row of a parameter, and the families of parameters
 * whose first part is the name of a service: <transport>_destination_rate_delay.
 * Names of old are in legacy.h.
 */
#ifndef CONF_PARAMS_H
#define CONF_PARAMS_H

#include "lib/conf/conf.h"

const struct param *param_find(const char *name); /* NULL: not in the table */

/* The row's suffix is its field's name ("_destination_rate_delay"); NULL: no such family. */
const struct param *param_family(const char *name);
extern const struct param param_families[];
extern const size_t param_nfamilies;

/* What somebody may have meant who wrote name: a row of the table, or NULL. */
const char *param_nearest(const char *name);

#endif
