/* SPDX-License-Identifier: Apache-2.0 */
/* Every restriction that Postfix knows; those without a function answer 451 until we have them. */
#include "lib/access/restrict_rows.h"
#include "lib/base/mem.h"

/* clang-format off */
const struct restriction restrict_table[] = {
	/* a table without check_..._access before it: the one that fits the list */
	{ "type:table", ARGUMENT_TABLE, restrict_check_any },
	/* any list */
	{ "permit", ARGUMENT_NONE, restrict_permit },
	{ "reject", ARGUMENT_NONE, restrict_reject },
	{ "defer", ARGUMENT_NONE, restrict_defer },
	{ "defer_if_permit", ARGUMENT_NONE, restrict_defer_if_permit },
	{ "defer_if_reject", ARGUMENT_NONE, restrict_defer_if_reject },
	{ "sleep", ARGUMENT_TEXT, restrict_sleep },
	{ "reject_unauth_pipelining", ARGUMENT_NONE, restrict_unauth_pipelining },
	{ "reject_multi_recipient_bounce", ARGUMENT_NONE, restrict_multi_recipient_bounce },
	{ "reject_plaintext_session", ARGUMENT_NONE, restrict_plaintext_session },
	{ "check_policy_service", ARGUMENT_TEXT, NULL },
	/* the client */
	{ "permit_mynetworks", ARGUMENT_NONE, restrict_permit_mynetworks },
	{ "permit_inet_interfaces", ARGUMENT_NONE, restrict_permit_inet_interfaces },
	{ "permit_sasl_authenticated", ARGUMENT_NONE, restrict_no_opinion }, /* nobody is */
	{ "permit_tls_all_clientcerts", ARGUMENT_NONE, restrict_no_opinion }, /* nobody has one */
	{ "permit_tls_clientcerts", ARGUMENT_NONE, restrict_no_opinion },
	{ "reject_unknown_client_hostname", ARGUMENT_NONE, restrict_unknown_client },
	{ "reject_unknown_client", ARGUMENT_NONE, restrict_unknown_client },
	{ "reject_unknown_reverse_client_hostname", ARGUMENT_NONE, restrict_unknown_reverse_client },
	{ "reject_unknown_forward_client_hostname", ARGUMENT_NONE, NULL },
	{ "check_client_access", ARGUMENT_TABLE, restrict_check_client },
	{ "check_reverse_client_hostname_access", ARGUMENT_TABLE, restrict_check_reverse_client },
	{ "check_address_map", ARGUMENT_TABLE, restrict_check_address_map },
	{ "check_ccert_access", ARGUMENT_TABLE, restrict_no_opinion },
	{ "check_sasl_access", ARGUMENT_TABLE, restrict_no_opinion },
	{ "check_client_a_access", ARGUMENT_TABLE, NULL },
	{ "check_client_mx_access", ARGUMENT_TABLE, NULL },
	{ "check_client_ns_access", ARGUMENT_TABLE, NULL },
	{ "check_reverse_client_hostname_a_access", ARGUMENT_TABLE, NULL },
	{ "check_reverse_client_hostname_mx_access", ARGUMENT_TABLE, NULL },
	{ "check_reverse_client_hostname_ns_access", ARGUMENT_TABLE, NULL },
	{ "permit_dnswl_client", ARGUMENT_TEXT, NULL },
	{ "permit_rhswl_client", ARGUMENT_TEXT, NULL },
	{ "reject_rbl_client", ARGUMENT_TEXT, NULL },
	{ "reject_rbl", ARGUMENT_TEXT, NULL },
	{ "reject_maps_rbl", ARGUMENT_NONE, NULL },
	{ "reject_rhsbl_client", ARGUMENT_TEXT, NULL },
	{ "reject_rhsbl_reverse_client", ARGUMENT_TEXT, NULL },
	{ "permit_naked_ip_address", ARGUMENT_NONE, NULL },
	/* HELO */
	{ "reject_invalid_helo_hostname", ARGUMENT_NONE, restrict_invalid_helo },
	{ "reject_invalid_hostname", ARGUMENT_NONE, restrict_invalid_helo },
	{ "reject_non_fqdn_helo_hostname", ARGUMENT_NONE, restrict_non_fqdn_helo },
	{ "reject_non_fqdn_hostname", ARGUMENT_NONE, restrict_non_fqdn_helo },
	{ "reject_unknown_helo_hostname", ARGUMENT_NONE, restrict_unknown_helo },
	{ "reject_unknown_hostname", ARGUMENT_NONE, restrict_unknown_helo },
	{ "check_helo_access", ARGUMENT_TABLE, restrict_check_helo },
	{ "check_helo_a_access", ARGUMENT_TABLE, NULL },
	{ "check_helo_mx_access", ARGUMENT_TABLE, NULL },
	{ "check_helo_ns_access", ARGUMENT_TABLE, NULL },
	{ "reject_rhsbl_helo", ARGUMENT_TEXT, NULL },
	/* MAIL */
	{ "reject_non_fqdn_sender", ARGUMENT_NONE, restrict_non_fqdn_sender },
	{ "reject_unknown_sender_domain", ARGUMENT_NONE, restrict_unknown_sender_domain },
	{ "reject_unknown_address", ARGUMENT_NONE, restrict_unknown_sender_domain },
	{ "reject_unlisted_sender", ARGUMENT_NONE, judge_unlisted_sender },
	{ "reject_unverified_sender", ARGUMENT_NONE, NULL },
	{ "check_sender_access", ARGUMENT_TABLE, restrict_check_sender },
	{ "check_sender_a_access", ARGUMENT_TABLE, NULL },
	{ "check_sender_mx_access", ARGUMENT_TABLE, NULL },
	{ "check_sender_ns_access", ARGUMENT_TABLE, NULL },
	{ "reject_rhsbl_sender", ARGUMENT_TEXT, NULL },
	{ "reject_sender_login_mismatch", ARGUMENT_NONE, NULL },
	{ "reject_authenticated_sender_login_mismatch", ARGUMENT_NONE, restrict_no_opinion },
	{ "reject_known_sender_login_mismatch", ARGUMENT_NONE, NULL },
	{ "reject_unauthenticated_sender_login_mismatch", ARGUMENT_NONE, NULL },
	/* RCPT */
	{ "reject_unauth_destination", ARGUMENT_NONE, restrict_unauth_destination },
	{ "defer_unauth_destination", ARGUMENT_NONE, restrict_defer_unauth_destination },
	{ "permit_auth_destination", ARGUMENT_NONE, restrict_permit_auth_destination },
	{ "permit_mx_backup", ARGUMENT_NONE, NULL },
	{ "check_relay_domains", ARGUMENT_NONE, NULL },
	{ "reject_non_fqdn_recipient", ARGUMENT_NONE, restrict_non_fqdn_recipient },
	{ "reject_unknown_recipient_domain", ARGUMENT_NONE, restrict_unknown_recipient_domain },
	{ "reject_unlisted_recipient", ARGUMENT_NONE, judge_unlisted_recipient },
	{ "check_recipient_maps", ARGUMENT_NONE, judge_unlisted_recipient },
	{ "reject_unverified_recipient", ARGUMENT_NONE, NULL },
	{ "check_recipient_access", ARGUMENT_TABLE, restrict_check_recipient },
	{ "check_recipient_a_access", ARGUMENT_TABLE, NULL },
	{ "check_recipient_mx_access", ARGUMENT_TABLE, NULL },
	{ "check_recipient_ns_access", ARGUMENT_TABLE, NULL },
	{ "reject_rhsbl_recipient", ARGUMENT_TEXT, NULL },
	/* ETRN */
	{ "check_etrn_access", ARGUMENT_TABLE, restrict_check_etrn },
};
/* clang-format on */
const size_t restrict_ntable = NITEMS(restrict_table);
