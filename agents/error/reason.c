/* SPDX-License-Identifier: Apache-2.0 */
#include "agents/error/reason.h"

#include <string.h>

void
reason_verdict(const char *nexthop, const char *service, struct verdict *v)
{
	bool retry = strcmp(service, "retry") == 0;
	const char *text = nexthop;
	char dsn[12] = "0.0.0";

	if (dsn_parse(nexthop, dsn))
		text += strlen(dsn);
	text += strspn(text, " \t");
	if (*text == '\0')
		text = retry ? "mail is deferred" : "mail is not deliverable";
	dsn[0] = retry ? '4' : '5';
	verdict_code(v, retry ? 451 : 550, dsn, "%s", text);
}
