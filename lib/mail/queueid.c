/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/mail/queueid.h"

#include "lib/base/log.h"
#include "lib/base/text.h"

#include <ctype.h>
#include <limits.h>
#include <string.h>

static const char digits[] = "0123456789BCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz";
enum { TIME_BASE = 52, THREAD_BASE = 51, SECOND_DIGITS = 6, MICRO_DIGITS = 4, MILLION = 1000000 };

/* n in some base, with at least that many digits; the place behind it. */
static char *
put(char *out, unsigned long n, unsigned base, int least)
{
	char reversed[16];
	int len = 0;

	for (; n > 0 || len < least; n /= base)
		reversed[len++] = digits[n % base];
	while (len > 0)
		*out++ = reversed[--len];
	return out;
}

void
queueid_make(long us, unsigned long thread, char out[QUEUEID_MAX])
{
	char *end;

	/* 52^9 seconds are more than a long of microseconds holds; 51^6 threads more than a kernel has. */
	must_hold(us >= 0 && thread <= UINT_MAX);
	end = put(out, (unsigned long)(us / MILLION), TIME_BASE, SECOND_DIGITS);
	end = put(end, (unsigned long)(us % MILLION), TIME_BASE, MICRO_DIGITS);
	*end++ = 'z';
	end = put(end, thread, THREAD_BASE, 1);
	*end = '\0';
}

bool
queueid_ok(const char *id)
{
	size_t n = 0;

	for (; isascii((unsigned char)id[n]) && isalnum((unsigned char)id[n]); n++)
		if (n + 1 >= QUEUEID_MAX)
			return false;
	return n > 0 && id[n] == '\0';
}

/* n digits as a number; -1 when one of them is none, or it does not fit. */
static long
get(const char *s, size_t n, long base)
{
	const char *digit;
	long value = 0;

	for (size_t i = 0; i < n; i++) {
		digit = s[i] != '\0' ? strchr(digits, s[i]) : NULL;
		if (digit == NULL || digit - digits >= base || __builtin_mul_overflow(value, base, &value) ||
		    __builtin_add_overflow(value, digit - digits, &value))
			return -1;
	}
	return value;
}

long
queueid_time(const char *id)
{
	const char *z = strrchr(id, 'z');
	long seconds, micros, us;
	size_t n;

	if (!queueid_ok(id) || z == NULL || (size_t)(z - id) < SECOND_DIGITS + MICRO_DIGITS)
		return -1;
	n = (size_t)(z - id) - MICRO_DIGITS;
	seconds = get(id, n, TIME_BASE);
	micros = get(id + n, MICRO_DIGITS, TIME_BASE);
	if (z[1] == '\0' || get(z + 1, strlen(z + 1), THREAD_BASE) < 0 || seconds < 0 || micros < 0 ||
	    micros >= MILLION)
		return -1;
	if (__builtin_mul_overflow(seconds, MILLION, &us) || __builtin_add_overflow(us, micros, &us))
		return -1;
	return us;
}

void
queueid_path(const char *id, int depth, char *out, size_t size)
{
	long us = queueid_time(id);
	unsigned long spread = us >= 0 ? (unsigned long)(us % MILLION) : crc32c(0, id, strlen(id));

	must_hold(queueid_ok(id) && depth >= 0 && size >= QUEUEID_MAX + 2 * (size_t)depth);
	for (int i = 0; i < depth; i++, spread >>= 4) {
		*out++ = "0123456789ABCDEF"[spread & 15];
		*out++ = '/';
	}
	memcpy(out, id, strlen(id) + 1);
}
