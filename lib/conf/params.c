/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/conf/params.h"

#include "lib/base/config.h"
#include "lib/base/mem.h"

#include <limits.h>
#include <string.h>

/* clang-format off */
const struct param conf_params[] = {
#define PARAM(type, name, dflt, least, most, who, doc) PARAM_NAMED(type, name, #name, dflt, least, most, who, doc)
#define PARAM_NAMED(type, member, name, dflt, least, most, who, doc) \
	{ { name, F_##type, offsetof(struct conf, member), dflt, least, most, 1, doc }, who },
#include "lib/conf/params.def"
#undef PARAM
#undef PARAM_NAMED
};
const size_t conf_nparams = NITEMS(conf_params);

#define FAMILY(type, suffix, dflt, least, most, who, doc) { { suffix, F_##type, 0, dflt, least, most, 1, doc }, who }
const struct param param_families[] = { /* a suffix stands before those that it ends with */
	FAMILY(INT, "_delivery_slot_cost", "$default_delivery_slot_cost", 0, INT_MAX, "qmgr",
		"default_delivery_slot_cost for one transport."),
	FAMILY(INT, "_delivery_slot_discount", "$default_delivery_slot_discount", 0, 100, "qmgr",
		"default_delivery_slot_discount for one transport."),
	FAMILY(INT, "_delivery_slot_loan", "$default_delivery_slot_loan", 0, INT_MAX, "qmgr",
		"default_delivery_slot_loan for one transport."),
	FAMILY(INT, "_destination_concurrency_failed_cohort_limit",
		"$default_destination_concurrency_failed_cohort_limit", 0, INT_MAX, "qmgr",
		"default_destination_concurrency_failed_cohort_limit for one transport."),
	FAMILY(INT, "_destination_concurrency_limit", "$default_destination_concurrency_limit", 0, INT_MAX, "qmgr",
		"default_destination_concurrency_limit for one transport."),
	FAMILY(STR, "_destination_concurrency_negative_feedback",
		"$default_destination_concurrency_negative_feedback", 0, 0, "qmgr",
		"default_destination_concurrency_negative_feedback for one transport."),
	FAMILY(STR, "_destination_concurrency_positive_feedback",
		"$default_destination_concurrency_positive_feedback", 0, 0, "qmgr",
		"default_destination_concurrency_positive_feedback for one transport."),
	FAMILY(TIME, "_destination_rate_delay", "$default_destination_rate_delay", 0, INT_MAX, "qmgr",
		"default_destination_rate_delay for one transport."),
	FAMILY(INT, "_destination_recipient_limit", "$default_destination_recipient_limit", 0, INT_MAX, "qmgr",
		"default_destination_recipient_limit for one transport."),
	FAMILY(INT, "_extra_recipient_limit", "$default_extra_recipient_limit", 0, INT_MAX, "qmgr",
		"default_extra_recipient_limit for one transport."),
	FAMILY(INT, "_initial_destination_concurrency", "$initial_destination_concurrency", 1, INT_MAX, "qmgr",
		"initial_destination_concurrency for one transport."),
	FAMILY(INT, "_minimum_delivery_slots", "$default_minimum_delivery_slots", 0, INT_MAX, "qmgr",
		"default_minimum_delivery_slots for one transport."),
	FAMILY(INT, "_recipient_limit", "$default_recipient_limit", 0, INT_MAX, "qmgr",
		"default_recipient_limit for one transport."),
	FAMILY(TIME, "_recipient_refill_delay", "$default_recipient_refill_delay", 1, INT_MAX, "qmgr",
		"default_recipient_refill_delay for one transport."),
	FAMILY(INT, "_recipient_refill_limit", "$default_recipient_refill_limit", 1, INT_MAX, "qmgr",
		"default_recipient_refill_limit for one transport."),
	FAMILY(TIME, "_time_limit", "$command_time_limit", 1, INT_MAX, "pipe spawn",
		"How long the command of one transport may run."),
	FAMILY(TIME, "_transport_rate_delay", "$default_transport_rate_delay", 0, INT_MAX, "qmgr",
		"default_transport_rate_delay for one transport."),
};
const size_t param_nfamilies = NITEMS(param_families);
/* clang-format on */

const struct param *
param_find(const char *name)
{
	size_t least = 0, most = conf_nparams;

	while (least < most) {
		size_t middle = least + (most - least) / 2;
		int order = strcmp(name, conf_params[middle].field.name);

		if (order == 0)
			return &conf_params[middle];
		if (order < 0)
			most = middle;
		else
			least = middle + 1;
	}
	return NULL;
}

const struct param *
param_family(const char *name)
{
	size_t n = strlen(name);

	for (size_t i = 0; i < param_nfamilies; i++) {
		const char *suffix = param_families[i].field.name;
		size_t m = strlen(suffix);

		if (n > m && strcmp(name + n - m, suffix) == 0)
			return &param_families[i];
	}
	return NULL;
}
