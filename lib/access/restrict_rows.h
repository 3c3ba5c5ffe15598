/* SPDX-License-Identifier: Apache-2.0 */
/* restrict_rows - the functions behind the rows of restrict_table.c; nobody else calls them. */
#ifndef ACCESS_RESTRICT_ROWS_H
#define ACCESS_RESTRICT_ROWS_H

#include "lib/access/restrict_inside.h"

typedef enum opinion restrict_function(struct judging *, const struct step *);

/* restrict_generic.c */
restrict_function restrict_permit, restrict_no_opinion, restrict_reject, restrict_defer, restrict_defer_if_permit,
    restrict_defer_if_reject, restrict_sleep, restrict_unauth_pipelining, restrict_multi_recipient_bounce,
    restrict_permit_mynetworks, restrict_permit_inet_interfaces, restrict_unknown_client,
    restrict_unknown_reverse_client, restrict_plaintext_session;

/* restrict_address.c */
restrict_function restrict_invalid_helo, restrict_non_fqdn_helo, restrict_unknown_helo, restrict_non_fqdn_sender,
    restrict_non_fqdn_recipient, restrict_unknown_sender_domain, restrict_unknown_recipient_domain,
    restrict_unauth_destination, restrict_defer_unauth_destination, restrict_permit_auth_destination;

/* restrict_access.c */
restrict_function restrict_check_client, restrict_check_reverse_client, restrict_check_helo, restrict_check_sender,
    restrict_check_recipient, restrict_check_etrn, restrict_check_any, restrict_check_address_map;

#endif
