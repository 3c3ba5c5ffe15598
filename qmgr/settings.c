/* SPDX-License-Identifier: Apache-2.0 */
/* Parameters of transports: <transport>_<suffix>, or the default_<suffix> that it stands for. */
#include "qmgr/qmgr.h"

#include "lib/base/log.h"

#include <stdio.h>

static const char *
text_of(const struct conf *cf, const char *transport, const char *suffix, const char *dflt)
{
	char name[256];
	const char *value;

	snprintf(name, sizeof(name), "%s_%s", transport, suffix);
	value = conf_get(cf, name);
	return value != NULL ? value : dflt;
}

static long
number_of(const struct conf *cf, const char *transport, const char *suffix, long dflt)
{
	char name[256];

	snprintf(name, sizeof(name), "%s_%s", transport, suffix);
	return conf_get_long(cf, name, dflt);
}

static long
ms_of(const struct conf *cf, const char *transport, const char *suffix, long dflt)
{
	char name[256];

	snprintf(name, sizeof(name), "%s_%s", transport, suffix);
	return conf_get_time(cf, name, dflt) * 1000;
}

static struct feedback
feedback_of(const struct conf *cf, const char *transport, const char *suffix, const char *dflt)
{
	const char *text = text_of(cf, transport, suffix, dflt);
	struct feedback f = { .amount = 1 };

	if (!feedback_parse(text, &f))
		log_warn("%s_%s: bad feedback %s: it is a number from 0 to 1, number/number, number/concurrency or "
			 "number/sqrt_concurrency; using 1",
		    transport, suffix, text);
	return f;
}

void
settings_of(void *conf, const char *t, struct sched_settings *out)
{
	const struct conf *cf = conf;

	*out = (struct sched_settings){
		.window = {
			.initial = number_of(cf, t, "initial_destination_concurrency", cf->initial_destination_concurrency),
			.most = number_of(cf, t, "destination_concurrency_limit", cf->default_destination_concurrency_limit),
			.up = feedback_of(cf, t, "destination_concurrency_positive_feedback",
			    cf->default_destination_concurrency_positive_feedback),
			.down = feedback_of(cf, t, "destination_concurrency_negative_feedback",
			    cf->default_destination_concurrency_negative_feedback),
			.cohorts = number_of(cf, t, "destination_concurrency_failed_cohort_limit",
			    cf->default_destination_concurrency_failed_cohort_limit),
		},
		.rate_delay_ms = ms_of(cf, t, "destination_rate_delay", cf->default_destination_rate_delay),
		.transport_rate_delay_ms = ms_of(cf, t, "transport_rate_delay", cf->default_transport_rate_delay),
		.batch = number_of(cf, t, "destination_recipient_limit", cf->default_destination_recipient_limit),
		.slot_cost = number_of(cf, t, "delivery_slot_cost", cf->default_delivery_slot_cost),
		.slot_loan = number_of(cf, t, "delivery_slot_loan", cf->default_delivery_slot_loan),
		.slot_discount = number_of(cf, t, "delivery_slot_discount", cf->default_delivery_slot_discount),
		.minimum_slots = number_of(cf, t, "minimum_delivery_slots", cf->default_minimum_delivery_slots),
		.rcpts = number_of(cf, t, "recipient_limit", cf->default_recipient_limit),
		.extra_rcpts = number_of(cf, t, "extra_recipient_limit", cf->default_extra_recipient_limit),
		.refill = number_of(cf, t, "recipient_refill_limit", cf->default_recipient_refill_limit),
		.refill_delay_ms = ms_of(cf, t, "recipient_refill_delay", cf->default_recipient_refill_delay),
	};
}

void
settings_limits(const struct conf *cf, struct sched_limits *out)
{
	*out = (struct sched_limits){
		.rcpts = cf->qmgr_message_recipient_limit,
		.rcpts_minimum = cf->qmgr_message_recipient_minimum,
		.dead_ms = cf->minimal_backoff_time * 1000,
		.destinations = 2000,
	};
}

struct retry
settings_retry(const struct conf *cf)
{
	return (struct retry){
		.least = cf->minimal_backoff_time,
		.most = cf->maximal_backoff_time,
		.lifetime = cf->maximal_queue_lifetime,
		.lifetime_bounce = cf->bounce_queue_lifetime,
	};
}
