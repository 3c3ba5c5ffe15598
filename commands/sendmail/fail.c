/* SPDX-License-Identifier: Apache-2.0 */
/* One way out for all that goes wrong; only then is the whole configuration read, to find the log. */
#include "commands/sendmail/submit.h"

#include "lib/base/log.h"
#include "lib/service/logging.h"

void
sendmail_fail(const struct sendmail *sm, int status, const char *fmt, ...)
{
	struct conf_args a = { .dir = sm->dir };
	struct buf err = BUF(4096), text = BUF(4096);
	const struct conf *cf = sm->dir != NULL ? conf_load(&a, &err) : NULL;
	va_list ap;

	va_start(ap, fmt);
	buf_vfmt(&text, fmt, ap);
	va_end(ap);
	logging_open(cf, "sendmail", LOGGING_TROUBLE_TO_STDERR);
	log_fatal(status, "%s", buf_ok(&text) ? buf_str(&text) : fmt);
}

const char *
sendmail_text(const struct sendmail *sm, const char *parameter)
{
	const char *value = conf_get(sm->cf, parameter);

	if (value == NULL)
		sendmail_fail(sm, EX_CONFIG,
		    "%s/main.cf: the value of %s cannot be expanded; \"sallyport check\" says more", sm->dir,
		    parameter);
	return value;
}
