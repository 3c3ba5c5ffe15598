/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/base/time.h"

#include <string.h>

long
now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return t.tv_sec * 1000000L + t.tv_nsec / 1000;
}

long
tick_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000L + t.tv_nsec / 1000000;
}

struct timespec
tick_after(long ms)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	t.tv_nsec += ms % 1000 * 1000000;
	t.tv_sec += ms / 1000 + t.tv_nsec / 1000000000;
	t.tv_nsec %= 1000000000;
	return t;
}

/* strftime's day and month names follow the locale; a header's may not. */
void
time_rfc5322(struct buf *b, long seconds)
{
	static const char *const days[] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
	static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct",
		"Nov", "Dec" };
	time_t t = seconds;
	struct tm tm;
	long off;

	localtime_r(&t, &tm);
	off = tm.tm_gmtoff / 60;
	buf_fmt(b, "%s, %2d %s %d %02d:%02d:%02d %c%02ld%02ld (%s)", days[tm.tm_wday], tm.tm_mday, months[tm.tm_mon],
	    tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec, off < 0 ? '-' : '+', (off < 0 ? -off : off) / 60,
	    (off < 0 ? -off : off) % 60, tm.tm_zone);
}

void
time_delay(struct buf *b, long us)
{
	size_t from;

	if (us < 0)
		us = 0;
	if (us >= 100000000L) {
		buf_fmt(b, "%ld", (us + 500000) / 1000000);
		return;
	}
	from = b->len;
	if (us >= 10000000L)
		buf_fmt(b, "%ld", (us + 500000) / 1000000);
	else if (us >= 1000000L)
		buf_fmt(b, "%.1f", (double)us / 1e6);
	else
		buf_fmt(b, "%.2g", us < 10000 ? (double)((us + 500) / 1000) / 1e3 : (double)us / 1e6);
	while (buf_ok(b) && strchr(b->s + from, '.') != NULL && b->s[b->len - 1] == '0')
		buf_cut(b, b->len - 1);
	if (buf_ok(b) && b->len > from && b->s[b->len - 1] == '.')
		buf_cut(b, b->len - 1);
}
