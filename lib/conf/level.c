/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/conf/level.h"

#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/conf/compare.h"

#include <stdarg.h>
#include <string.h>

enum { NOTICE_MAX = 1024 };

const struct level_default level_defaults[] = {
	{ "append_dot_mydomain", "1", "yes" },
	{ "lmtp_tls_fingerprint_digest", "3.6", "md5" },
	{ "mynetworks_style", "2", "subnet" },
	{ "relay_domains", "2", "$mydestination" },
	{ "respectful_logging", "3.6", "no" },
	{ "smtp_tls_fingerprint_digest", "3.6", "md5" },
	{ "smtp_tls_security_level", "3.11", "(empty)" },
	{ "smtpd_relay_before_recipient_restrictions", "3.6", "no" },
	{ "smtpd_relay_restrictions", "1", "(empty)" },
	{ "smtpd_tls_fingerprint_digest", "3.6", "md5" },
	{ "smtputf8_enable", "1", "no" },
};
const size_t level_ndefaults = NITEMS(level_defaults);

static const struct level_default *
find(const char *name)
{
	for (size_t i = 0; i < level_ndefaults; i++)
		if (strcmp(level_defaults[i].name, name) == 0)
			return &level_defaults[i];
	return NULL;
}

static bool
compare(const char *sign, const char *a, const char *b)
{
	const char *bad;
	bool holds;

	return comparison_holds(comparison_find(sign, strlen(sign)), a, b, &holds, &bad) && holds;
}

bool
level_ok(const char *text)
{
	return compare("==level", text, text);
}

bool
level_below(const struct conf *cf, const char *level)
{
	return compare("<level", cf->compatibility_level, level);
}

bool
level_decides(const struct conf *cf, const char *name)
{
	const struct level_default *d = find(name);

	must_hold(d != NULL);
	return level_below(cf, d->level) && !conf_dict_has(cf->dict, name);
}

void
level_notice(const char *name, const char *fmt, ...)
{
	const struct level_default *d = find(name);
	struct buf purpose = BUF(NOTICE_MAX);
	va_list ap;

	must_hold(d != NULL);
	va_start(ap, fmt);
	buf_vfmt(&purpose, fmt, ap);
	va_end(ap);
	log_info("using backwards-compatible default setting %s=%s to %s", name, d->old, buf_str(&purpose));
	buf_free(&purpose);
}
