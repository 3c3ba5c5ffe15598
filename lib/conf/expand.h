/* SPDX-License-Identifier: Apache-2.0 */
/*
 * expand - $name and its relatives, as postconf(5) describes them.
 *
 *	$name ${name} $(name)		the value, nothing when there is none
 *	${name?text} ${name:text}	text when the value is not empty; when it is
 *	${name?{text}:{text}}		the one or the other
 *	${{a} == {b}}			"true" or nothing
 *	${{a} < {b} ? {text} : {text}}	== != < <= > >=; numbers when both are digits
 *	${{3.6} <level {3.10} ? ...}	compatibility levels: major.minor.patch
 *	${domain_to_ascii{text}}	the domain with A-labels where it has U-labels; an error if it has no such form
 *	$$				a dollar sign
 *
 * Only the text that is chosen is expanded.  Pure: values come from a
 * function, which may call macro_expand() again for what it found.
 */
#ifndef CONF_EXPAND_H
#define CONF_EXPAND_H

#include "lib/base/buf.h"

enum { MACRO_DEPTH = 50, MACRO_VALUE = 1 << 20 }; /* nested text within text; bytes of one value */

/* Appends the value of name, nothing if it has none.  False: *err says why it cannot be had. */
typedef bool macro_value(void *ctx, const char *name, struct buf *out, struct buf *err);

/* False: *err is what is wrong with the syntax (without a place), or *out is bad. */
bool macro_expand(const char *text, macro_value *, void *ctx, struct buf *out, struct buf *err);

/* Calls each name that text mentions, in whatever form; for "is it used anywhere?". */
void macro_names(const char *text, void (*mention)(void *ctx, const char *name), void *ctx);

#endif
