/* SPDX-License-Identifier: Apache-2.0 */
#include "qmgr/retry.h"

long
retry_at(const struct retry *r, long arrival, long now)
{
	long pause = now - arrival; /* negative when the clock was set back */

	if (pause > r->most)
		pause = r->most;
	if (pause < r->least)
		pause = r->least;
	return now + pause;
}

bool
retry_over(const struct retry *r, long arrival, long now, bool null_sender)
{
	return now - arrival >= (null_sender ? r->lifetime_bounce : r->lifetime);
}
