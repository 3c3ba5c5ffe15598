/* SPDX-License-Identifier: Apache-2.0 */
/*
 * print - one setting, as the options want it: "name = value", its parts, folded, or JSON.
 *
 *	print_begin(r);
 *	print_setting(r, "relayhost", "[gateway.example]");
 *	print_end(r);
 */
#ifndef POSTCONF_PRINT_H
#define POSTCONF_PRINT_H

#include "commands/postconf/layout.h"
#include "commands/postconf/postconf.h"

/* -j: the array around all of them. */
void print_begin(const struct request *);
void print_end(const struct request *);

void print_setting(const struct request *, const char *name, const char *value);

/* The parts of a text that is no JSON: name and '=', as far as they are wanted; then the value's words, then the end. */
struct layout print_text(const struct request *, const char *name);

#endif
