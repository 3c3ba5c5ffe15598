/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sasl - the kinds of SASL plug-in that are built in, for smtpd_sasl_type and smtp_sasl_type.
 *
 *	for (size_t i = 0; i < sasl_ntypes; i++)
 *		... sasl_types[i].name ...
 *
 * None is, so far.
 */
#ifndef NET_SASL_H
#define NET_SASL_H

#include <stdbool.h>
#include <stddef.h>

struct sasl_type {
	const char *name;    /* "dovecot" */
	bool server, client; /* where it can be used */
};
extern const struct sasl_type sasl_types[];
extern const size_t sasl_ntypes;

#endif
