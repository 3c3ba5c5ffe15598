/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/net/sasl.h"

/* A plug-in that is built gets a row here, and sasl_ntypes counts it. */
const struct sasl_type sasl_types[] = { { .name = NULL } };
const size_t sasl_ntypes = sizeof(sasl_types) / sizeof(sasl_types[0]) - 1;
