/* SPDX-License-Identifier: Apache-2.0 */
#include "smtp/settings.h"

#include "lib/base/mem.h"
#include "lib/base/text.h"

/* disable_dns_lookups is the old name of smtp_dns_support_level = disabled. */
static void
load_lookups(struct settings *s)
{
	bool off =
	    *s->dns_support_level != '\0' ? text_same(s->dns_support_level, "disabled") : s->cf->disable_dns_lookups;

	s->mx = !off && !s->lmtp;
	s->native = off || text_list_has(s->host_lookup, "native");
	s->dns = !off && (text_list_has(s->host_lookup, "dns") || !s->native);
}

/*
 * What an administrator wants encrypted never leaves in the clear, not even by a version that
 * cannot encrypt.  Policies are in tables that are not looked up: they may want it.
 */
static const char *
tls_demand(const struct settings *s)
{
	static const char *const without[] = { "", "none", "may" };
	bool level = true;

	for (size_t i = 0; i < NITEMS(without); i++)
		if (text_same(s->tls_security_level, without[i]))
			level = false;
	if (level)
		return "tls_security_level";
	if (*s->tls_security_level == '\0' && s->enforce_tls)
		return "enforce_tls";
	return s->tls_wrappermode ? "tls_wrappermode"
	    : *s->tls_policy_maps ? "tls_policy_maps"
	    : *s->tls_per_site	  ? "tls_per_site"
				  : NULL;
}

void
settings_load(struct settings *s, const struct conf *cf, bool lmtp)
{
	*s = (struct settings){ .cf = cf, .lmtp = lmtp, .protocol = lmtp ? "LMTP" : "SMTP" };
#define SETTING(type, name) s->name = lmtp ? cf->lmtp_##name : cf->smtp_##name;
#include "smtp/settings.def"
#undef SETTING
	s->helo_name = lmtp ? cf->lmtp_lhlo_name : cf->smtp_helo_name;
	s->helo_timeout = lmtp ? cf->lmtp_lhlo_timeout : cf->smtp_helo_timeout;
	s->discard_keywords = lmtp ? cf->lmtp_discard_lhlo_keywords : cf->smtp_discard_ehlo_keywords;
	s->always_ehlo = lmtp || cf->smtp_always_send_ehlo;
	s->never_ehlo = !lmtp && cf->smtp_never_send_ehlo;
	s->needs_tls = tls_demand(s);
	load_lookups(s);
}

void
settings_ignored(const struct conf *cf, bool lmtp, struct buf *names)
{
	static const char *const tables[] = { "header_checks", "mime_header_checks", "nested_header_checks",
		"body_checks", "reply_filter", "dns_reply_filter", "discard_ehlo_keyword_address_maps",
		"discard_lhlo_keyword_address_maps", "pix_workaround_maps", "delivery_status_filter",
		"sasl_password_maps" };

	for (size_t i = 0; i < NITEMS(tables); i++) {
		struct buf b = BUF(64);
		const char *value;

		buf_fmt(&b, "%s_%s", lmtp ? "lmtp" : "smtp", tables[i]);
		value = conf_get(cf, buf_str(&b));
		if (value != NULL && *value != '\0')
			buf_fmt(names, "%s%s", names->len > 0 ? " " : "", buf_str(&b));
		buf_free(&b);
	}
	if (lmtp ? cf->lmtp_send_xforward_command : cf->smtp_send_xforward_command)
		buf_fmt(names, "%s%s_send_xforward_command", names->len > 0 ? " " : "", lmtp ? "lmtp" : "smtp");
}
