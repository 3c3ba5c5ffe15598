/* SPDX-License-Identifier: Apache-2.0 */
/* check_reference - the services that parameters and tables name, for the checks. */
#ifndef SALLYPORT_CHECK_REFERENCE_H
#define SALLYPORT_CHECK_REFERENCE_H

#include "commands/sallyport/check_inside.h"

struct reference {
	const char *service; /* "smtp" */
	const char *by;	     /* "relay_transport", "transport_maps" */
	struct spot at;	     /* in main.cf, master.cf or a table's source */
};

/* All of them, some more than once. */
void
references_each(struct checking *, void (*tell)(struct checking *, const struct reference *, void *ctx), void *ctx);

bool reference_is_used(struct checking *, const char *service);

#endif
