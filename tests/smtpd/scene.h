/* SPDX-License-Identifier: Apache-2.0 */
/* scene - smtpd as the transcripts know it: a host with a few users and a domain that it relays for. */
#ifndef TESTS_SMTPD_SCENE_H
#define TESTS_SMTPD_SCENE_H

#include "smtpd/server.h"
#include "tests/support/transcript.h"

static inline bool
scene_open(const struct conf *cf, void **state, struct buf *err)
{
	return (*state = server_open(cf, err)) != NULL;
}

static const struct transcript_daemon scene_smtpd = {
	.open = scene_open,
	.session = smtpd_session,
	.service = "smtpd",
	.conf = "compatibility_level = 3.6\n"
		"myhostname = mx.test.example\n"
		"mydomain = test.example\n"
		"mydestination = $myhostname, test.example, localhost\n"
		"mynetworks = 127.0.0.0/8\n"
		"inet_interfaces = 127.0.0.1\n"
		"inet_protocols = ipv4\n"
		"relay_domains = relay.example\n"
		"alias_maps =\n"
		"local_recipient_maps = inline:{joe=x, jane=x, postmaster=x}\n"
		"smtpd_peername_lookup = no\n"
		"smtpd_error_sleep_time = 0\n",
};

#endif
