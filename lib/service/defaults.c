/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/service/defaults.h"

#include "lib/base/log.h"
#include "lib/base/text.h"
#include "lib/conf/conf.h"
#include "lib/net/addr.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { NAME_MAX_ = 255 };
#define LOCAL_DOMAIN "localdomain"

static void
myhostname(const struct conf_dict *d, struct buf *out)
{
	char name[NAME_MAX_ + 1] = "";
	const char *domain;

	if (gethostname(name, sizeof(name) - 1) < 0 || name[0] == '\0')
		snprintf(name, sizeof(name), "localhost");
	buf_puts(out, name);
	if (strchr(name, '.') != NULL)
		return;
	domain = conf_dict_has(d, "mydomain") ? conf_dict_get(d, "mydomain") : NULL;
	buf_fmt(out, ".%s", domain != NULL && *domain != '\0' ? domain : LOCAL_DOMAIN);
}

static void
mydomain(const struct conf_dict *d, struct buf *out)
{
	const char *host = conf_dict_get(d, "myhostname"), *dot = host != NULL ? strchr(host, '.') : NULL;

	buf_puts(out, dot != NULL && dot[1] != '\0' && host[0] != '[' ? dot + 1 : LOCAL_DOMAIN);
}

/* The network around an address: how many of its leading bits count. */
static int
class_bits(const unsigned char *ip)
{
	return ip[0] < 128 ? 8 : ip[0] < 192 ? 16 : ip[0] < 224 ? 24 : 32;
}

static int
mask_bits(const struct sockaddr *mask, size_t n)
{
	const unsigned char *bytes = mask->sa_family == AF_INET6
	    ? (const unsigned char *)&((const struct sockaddr_in6 *)(const void *)mask)->sin6_addr
	    : (const unsigned char *)&((const struct sockaddr_in *)(const void *)mask)->sin_addr;
	int bits = 0;

	for (size_t i = 0; i < n; i++)
		bits += __builtin_popcount(bytes[i]);
	return bits;
}

static bool
listed(const char *list, const char *item)
{
	for (const char *s = list; (s = strstr(s, item)) != NULL; s++)
		if (s == list || s[-1] == ' ')
			return true;
	return false;
}

enum style { STYLE_HOST, STYLE_SUBNET, STYLE_CLASS };

static void
put_network(struct buf *out, const struct ifaddrs *i, const struct addr *a, enum style style)
{
	char text[INET6_ADDRSTRLEN], item[INET6_ADDRSTRLEN + 16];
	size_t n;
	const unsigned char *bytes = addr_bytes(a, &n);
	unsigned char net[16];
	int bits = (int)n * 8;

	if (style == STYLE_CLASS && n == 4)
		bits = class_bits(bytes);
	else if (style != STYLE_HOST && i->ifa_netmask != NULL)
		bits = mask_bits(i->ifa_netmask, n);
	if (bits == 0) /* a point-to-point link may have no mask; that does not mean everybody */
		bits = (int)n * 8;
	for (int b = 0; b < (int)n * 8; b += 8)
		net[b / 8] = bits >= b + 8 ? bytes[b / 8] : bits <= b ? 0 : bytes[b / 8] & 0xff << (b + 8 - bits);
	inet_ntop(n == 4 ? AF_INET : AF_INET6, net, text, sizeof(text));
	snprintf(item, sizeof(item), n == 4 ? "%s/%d " : "[%s]/%d ", text, bits);
	if (!listed(buf_str(out), item))
		buf_puts(out, item);
}

static enum style
style_of(const struct conf_dict *d)
{
	static const char *const names[] = {
		[STYLE_HOST] = "host", [STYLE_SUBNET] = "subnet", [STYLE_CLASS] = "class"
	};
	const char *style = conf_dict_get(d, "mynetworks_style");

	if (style == NULL)
		return STYLE_HOST; /* its error is told already */
	for (enum style s = STYLE_HOST; s <= STYLE_CLASS; s++)
		if (text_same(style, names[s]))
			return s;
	log_warn("mynetworks_style: bad value \"%s\" (host, subnet or class is wanted); using host", style);
	return STYLE_HOST;
}

static void
mynetworks(const struct conf_dict *d, struct buf *out)
{
	const char *interfaces = conf_dict_get(d, "inet_interfaces"), *protocols = conf_dict_get(d, "inet_protocols");
	enum style style = style_of(d);
	struct buf err = BUF(4096);
	struct addr_set own = { 0 };
	struct ifaddrs *all = NULL;
	struct addr a;

	if (interfaces == NULL || protocols == NULL)
		return;
	if (!addr_own(interfaces, "", protocols, &own, &err))
		log_warn("mynetworks: %s; trusting no network", buf_str(&err));
	else if (getifaddrs(&all) < 0)
		log_warn("mynetworks: list the interfaces: %s; trusting no network", strerror(errno));
	for (const struct ifaddrs *i = all; i != NULL; i = i->ifa_next)
		if (i->ifa_addr != NULL && addr_of_sockaddr(&a, i->ifa_addr) && addr_set_has(&own, &a))
			put_network(out, i, &a, style);
	if (out->len > 0)
		buf_cut(out, out->len - 1);
	if (all != NULL)
		freeifaddrs(all);
	addr_set_free(&own);
	buf_free(&err);
}

static void
process_name(const struct conf_dict *d, struct buf *out)
{
	(void)d;
	buf_puts(out, program_invocation_short_name);
}

static void
process_id(const struct conf_dict *d, struct buf *out)
{
	(void)d;
	buf_fmt(out, "%d", (int)getpid());
}

void
defaults_register(void)
{
	conf_computed("myhostname", myhostname);
	conf_computed("mydomain", mydomain);
	conf_computed("mynetworks", mynetworks);
	conf_computed("process_name", process_name);
	conf_computed("process_id", process_id);
}
