/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/access/unavailable.h"

#include "lib/base/log.h"
#include "lib/base/text.h"

#include <stdlib.h>
#include <string.h>

static const struct {
	const char *name;
	const char *harmless; /* the value that asks for nothing */
	const char *without;  /* NULL: a word in the log is enough; else why the service must not start */
} rows[] = {
	{ "smtpd_milters", "", "mail would not be seen by them" },
	{ "smtpd_milter_maps", "", "mail would not be seen by them" },
	{ "smtpd_proxy_filter", "", "mail would not be seen by it" },
	{ "smtpd_tls_wrappermode", "no", "clients would not be understood" },
	{ "smtpd_upstream_proxy_protocol", "", "clients would not be understood" },
	{ "smtpd_authorized_verp_clients", "", NULL },
	{ "smtpd_authorized_xclient_hosts", "", NULL },
	{ "smtpd_authorized_xforward_hosts", "", NULL },
	{ "smtpd_client_auth_rate_limit", "0", NULL },
	{ "smtpd_client_connection_rate_limit", "0", NULL },
	{ "smtpd_client_message_rate_limit", "0", NULL },
	{ "smtpd_client_recipient_rate_limit", "0", NULL },
	{ "smtpd_command_filter", "", NULL },
	{ "smtpd_dns_reply_filter", "", NULL },
	{ "smtpd_reject_filter_maps", "", NULL },
	{ "smtpd_reject_footer", "", NULL },
	{ "smtpd_reject_footer_maps", "", NULL },
	{ "smtpd_sasl_auth_enable", "no", NULL },
};

static bool
asked_for(const struct conf *cf, const char *name, const char *harmless)
{
	const char *value = conf_get(cf, name);

	return value != NULL && value[0] != '\0' && strcmp(value, harmless) != 0;
}

bool
unavailable_check(const struct conf *cf, struct buf *err)
{
	struct buf names = BUF(2048);
	bool ok = true;

	for (size_t i = 0; ok && i < NITEMS(rows); i++) {
		if (!asked_for(cf, rows[i].name, rows[i].harmless))
			continue;
		if (rows[i].without == NULL) {
			buf_fmt(&names, " %s", rows[i].name);
			continue;
		}
		buf_fmt(err, "%s = %.200s: this version does not have that, and without it %s; take it out to start",
		    rows[i].name, conf_get(cf, rows[i].name), rows[i].without);
		ok = false;
	}
	if (ok && names.len > 0)
		log_warn("these parameters have no effect in this version:%s", buf_str(&names));
	buf_free(&names);
	return ok;
}

const char *
unavailable_without(const struct conf *cf, const char *parameter)
{
	for (size_t i = 0; i < NITEMS(rows); i++)
		if (strcmp(rows[i].name, parameter) == 0)
			return asked_for(cf, rows[i].name, rows[i].harmless) ? rows[i].without : NULL;
	return NULL;
}

bool
unavailable_encryption(const struct conf *cf)
{
	return text_same(conf_get(cf, "smtpd_tls_security_level"), "encrypt") ||
	    text_same(conf_get(cf, "smtpd_enforce_tls"), "yes");
}
