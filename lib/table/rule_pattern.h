/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rule_pattern - one condition of routing(5): alternatives apart by commas, ! before those that are out.
 *
 *	p = rule_pattern_parse(RULE_ADDRESS, "joe@example.com,.example.org,!bad.example.org", &wrong);
 *	if (rule_pattern_match(p, "ann@mail.example.org", "+")) ...
 *
 *	RULE_ADDRESS	user@domain (also with an extension), domain or @domain, .domain for what is below it, user@, <>
 *	RULE_CLIENT	192.0.2.1  192.0.2.0/24  [2001:db8::]/32	none: no client
 *	RULE_LOGIN	a name						none: no login
 *
 * and "*" for any but none and <>.  It holds when none of those with ! fits and
 * one of the others does, or there are no others.  Letters of either case are alike.
 */
#ifndef TABLE_RULE_PATTERN_H
#define TABLE_RULE_PATTERN_H

#include <stdbool.h>

enum rule_kind { RULE_ADDRESS, RULE_CLIENT, RULE_LOGIN };
struct rule_pattern;

/* NULL: *wrong is what is wrong with it. */
struct rule_pattern *rule_pattern_parse(enum rule_kind, const char *text, const char **wrong);
bool rule_pattern_match(const struct rule_pattern *, const char *value, const char *delimiters);
void rule_pattern_free(struct rule_pattern **);

#endif
