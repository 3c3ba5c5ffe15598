/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/net/addr.h"

#include "lib/base/text.h"

#include <string.h>

static void
clear_host_bits(unsigned char *bytes, size_t n, int bits)
{
	for (size_t i = 0; i < n; i++, bits -= 8)
		if (bits < 8)
			bytes[i] &= bits <= 0 ? 0 : (unsigned char)(0xff00 >> bits);
}

/* The base without its host bits; false: it had some. */
static bool
base_ok(const struct addr_net *net, struct addr *clean)
{
	unsigned char bytes[16];
	size_t n;
	const unsigned char *from = addr_bytes(&net->base, &n);

	memcpy(bytes, from, n);
	clear_host_bits(bytes, n, net->bits);
	addr_of_bytes(clean, bytes, n, 0);
	return addr_same_host(clean, &net->base);
}

bool
addr_net_parse(struct addr_net *net, const char *word, struct buf *err)
{
	char host[ADDR_TEXT], text[ADDR_TEXT];
	const char *slash = strrchr(word, '/');
	size_t n = slash != NULL ? (size_t)(slash - word) : strlen(word), width;
	struct addr clean;
	long bits, mapped;

	if (n < sizeof(host))
		memcpy(host, word, n);
	host[n < sizeof(host) ? n : 0] = '\0';
	if (!addr_parse(&net->base, host, 0)) {
		buf_fmt(err, "bad address pattern: \"%.200s\": write 192.0.2.0/24, 192.0.2.1 or [2001:db8::]/32", word);
		return false;
	}
	addr_bytes(&net->base, &width);
	/* [::ffff:127.0.0.0]/104, as Debian has it, is 127.0.0.0/8. */
	mapped = width == 4 && strchr(host, ':') != NULL ? 96 : 0;
	bits = (long)width * 8;
	if (slash != NULL && text_number(slash + 1, mapped, mapped + bits, &bits)) {
		bits -= mapped;
	} else if (slash != NULL) {
		buf_fmt(err, "bad net/mask pattern: \"%.200s\"", word);
		return false;
	}
	net->bits = (int)bits;
	if (!base_ok(net, &clean)) {
		buf_fmt(err, "non-null host address bits in \"%s\", perhaps you should use \"%s%s%s/%d\" instead", word,
		    word[0] == '[' ? "[" : "", addr_host(&clean, text), word[0] == '[' ? "]" : "", net->bits);
		return false;
	}
	return true;
}

bool
addr_net_has(const struct addr_net *net, const struct addr *a)
{
	size_t n, m, whole = (size_t)net->bits / 8;
	const unsigned char *x = addr_bytes(&net->base, &n), *y = addr_bytes(a, &m);
	unsigned char mask = (unsigned char)(0xff00 >> (net->bits % 8)); /* 0 at a whole byte */

	if (n != m || n == 0 || memcmp(x, y, whole) != 0)
		return false;
	return whole == n || ((x[whole] ^ y[whole]) & mask) == 0;
}
