/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CRC-32C: in hardware where the processor has it, else by table.
 *
 * The instruction takes three cycles and three of them can be under way at
 * once, so what is long is cut into lanes of LANE bytes, whose sums are put
 * together in the end: a sum is linear, and what LANE zero bytes make of it
 * is looked up.
 */
#include "lib/base/text.h"

#include <pthread.h>
#include <string.h>

/*
 * What the C library has asked the processor at start.  __builtin_cpu_supports()
 * would ask again in each process, and in a virtual machine a question costs microseconds.
 */
#if defined(__x86_64__) && __has_include(<sys/platform/x86.h>)
#	include <sys/platform/x86.h>
#	define HAS_CRC_INSTRUCTION() CPU_FEATURE_ACTIVE(SSE4_2)
#elif defined(__x86_64__)
#	define HAS_CRC_INSTRUCTION() __builtin_cpu_supports("sse4.2")
#endif

enum { POLYNOMIAL = (int)0x82f63b78u, LANE = 1024, WORTH_IT = 8 * LANE };

static uint32_t table[256];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void
make_table(void)
{
	for (uint32_t i = 0; i < 256; i++) {
		uint32_t c = i;

		for (int k = 0; k < 8; k++)
			c = c & 1 ? (c >> 1) ^ (uint32_t)POLYNOMIAL : c >> 1;
		table[i] = c;
	}
}

static uint32_t
by_table(uint32_t crc, const unsigned char *p, size_t n)
{
	pthread_once(&once, make_table);
	while (n-- > 0)
		crc = (crc >> 8) ^ table[(crc ^ *p++) & 0xff];
	return crc;
}

#ifdef __x86_64__
static uint32_t past_lane[4][256]; /* of each byte of a sum: what becomes of it when LANE zero bytes follow */
static pthread_once_t lanes_once = PTHREAD_ONCE_INIT;

__attribute__((target("sse4.2"))) static uint32_t
in_order(uint32_t crc, const unsigned char *p, size_t n)
{
	uint64_t c = crc, word;

	for (; n >= 8; n -= 8, p += 8) {
		memcpy(&word, p, 8);
		c = __builtin_ia32_crc32di(c, word);
	}
	crc = (uint32_t)c;
	while (n-- > 0)
		crc = __builtin_ia32_crc32qi(crc, *p++);
	return crc;
}

static void
make_lanes(void)
{
	static const unsigned char zeros[LANE];

	for (unsigned k = 0; k < 4; k++)
		for (unsigned bit = 0; bit < 8; bit++) {
			uint32_t alone = in_order(1u << (8 * k + bit), zeros, LANE);

			for (unsigned i = 0; i < 256; i++)
				past_lane[k][i] ^= i >> bit & 1 ? alone : 0;
		}
}

static uint32_t
skip_lane(uint32_t crc)
{
	return past_lane[0][crc & 0xff] ^ past_lane[1][crc >> 8 & 0xff] ^ past_lane[2][crc >> 16 & 0xff] ^
	    past_lane[3][crc >> 24];
}

__attribute__((target("sse4.2"))) static uint32_t
three_lanes(uint32_t crc, const unsigned char *p)
{
	uint64_t a = crc, b = 0, c = 0, word[3];

	for (const unsigned char *end = p + LANE; p < end; p += 8) {
		memcpy(&word[0], p, 8);
		memcpy(&word[1], p + LANE, 8);
		memcpy(&word[2], p + 2 * (size_t)LANE, 8);
		a = __builtin_ia32_crc32di(a, word[0]);
		b = __builtin_ia32_crc32di(b, word[1]);
		c = __builtin_ia32_crc32di(c, word[2]);
	}
	return skip_lane(skip_lane((uint32_t)a) ^ (uint32_t)b) ^ (uint32_t)c;
}

static uint32_t
by_hardware(uint32_t crc, const unsigned char *p, size_t n)
{
	if (n < WORTH_IT)
		return in_order(crc, p, n);
	pthread_once(&lanes_once, make_lanes);
	for (; n >= 3 * (size_t)LANE; n -= 3 * (size_t)LANE, p += 3 * (size_t)LANE)
		crc = three_lanes(crc, p);
	return in_order(crc, p, n);
}
#endif

uint32_t
crc32c(uint32_t crc, const void *bytes, size_t n)
{
	crc = ~crc;
#ifdef __x86_64__
	if (HAS_CRC_INSTRUCTION())
		return ~by_hardware(crc, bytes, n);
#endif
	return ~by_table(crc, bytes, n);
}
