/* SPDX-License-Identifier: Apache-2.0 */
/*
 * idn - internationalized domain names (IDNA2008): what has U-labels, in UTF-8, has another form in A-labels, xn--....
 *
 * Names of ASCII are not looked at.  A build without libidn2 knows no other form of any name.
 */
#ifndef BASE_IDN_H
#define BASE_IDN_H

#include "lib/base/mem.h"

/* Have the library at hand; who goes into a jail calls this before it.  Lists of names (lib/table/match_list.h) do. */
void idn_load(void);

/* The name with A-labels where it has others; NULL: it has no such form. */
const char *idn_ascii(const char *name, struct arena *);
/* In A-labels if it is in U-labels, and the other way round; NULL: it has one form. */
const char *idn_other_form(const char *name, struct arena *);

#endif
