/* SPDX-License-Identifier: Apache-2.0 */
/* settings - a configuration for the tests of cleanup: mx.example.com, mail for example.com. */
#ifndef TESTS_CLEANUP_SETTINGS_H
#define TESTS_CLEANUP_SETTINGS_H

#include "lib/base/log.h"
#include "lib/conf/conf.h"
#include "tests/support/test.h"

#include <stdlib.h>
#include <time.h>

static bool
settings_quiet(enum log_level level, const char *line)
{
	(void)level, (void)line;
	return true;
}

static inline int
settings_start(void **state)
{
	(void)state;
	setenv("TZ", "UTC", 1);
	tzset();
	log_open("test", "cleanup", settings_quiet);
	return 0;
}

/* more: up to three, "name=value"; NULL: none. */
static inline const struct conf *
settings(const char *const more[3])
{
	const char *all[16] = { "myhostname=mx.example.com", "mydomain=example.com", "myorigin=example.com",
		"mydestination=example.com", "mynetworks=127.0.0.0/8", "inet_interfaces=127.0.0.1",
		"relay_domains=", "local_recipient_maps=", "alias_maps=", "compatibility_level=3.6",
		"deliver_before_flush=no", "virtual_alias_domains=" };
	struct conf_args a = { .dir = "/nonexistent", .overrides = all, .noverrides = 12, .defaults_only = true };
	struct buf err = BUF(4096);
	const struct conf *cf;

	for (int i = 0; more != NULL && i < 3 && more[i] != NULL; i++)
		all[a.noverrides++] = more[i];
	cf = conf_load(&a, &err);
	if (cf == NULL)
		fail_msg("%s", buf_str(&err));
	return cf;
}

#endif
