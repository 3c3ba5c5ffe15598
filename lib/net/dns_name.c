/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/net/dns.h"

bool
dns_name_ok(const char *name)
{
	size_t label = 0, n = 0;

	for (; name[n] != '\0'; n++) {
		char c = name[n];

		if (c == '.') {
			if (label == 0)
				return false;
			label = 0;
			continue;
		}
		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
			c == '_') ||
		    ++label > 63)
			return false;
	}
	return label > 0 && n <= 253;
}
