/* SPDX-License-Identifier: Apache-2.0 */
/*
 * check - is everything as it must be?  For each fault: what is wrong and what to do.
 *
 * Three severities: what keeps the mail system from starting, what makes
 * parts of it fail, and what is only noticed.
 */
#ifndef SALLYPORT_CHECK_H
#define SALLYPORT_CHECK_H

#include "commands/sallyport/sallyport.h"

struct check_result {
	unsigned fatal, faults;
};
/* starting: master follows, and refuses by itself what it does not accept. */
struct check_result check_all(const struct place *, bool starting);

#endif
