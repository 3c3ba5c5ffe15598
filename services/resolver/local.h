/* SPDX-License-Identifier: Apache-2.0 */
/*
 * local - names that no name server need be asked for: localhost, what is
 * below it, and 127.0.0.1 and ::1 the other way round (RFC 6761 6.3).  Pure.
 */
#ifndef RESOLVER_LOCAL_H
#define RESOLVER_LOCAL_H

#include <stdbool.h>

/* Is the name one of these?  *value: the one record of that type, or NULL for none. */
bool local_answer(const char *name, const char *type, const char **value);

#endif
