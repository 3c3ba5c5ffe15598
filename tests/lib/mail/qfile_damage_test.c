/* SPDX-License-Identifier: Apache-2.0 */
/* Queue files that end too early, were altered, or were made up. */
#include "lib/base/text.h"
#include "lib/mail/qfile.h"
#include "tests/lib/mail/qfile_sample.h"

/* Places of the sample's sections, found through the trailer. */
struct map {
	struct disk_super super;
	struct disk_trailer t;
	size_t history, size;
};

static void
map_of(const char *bytes, size_t n, struct map *m)
{
	assert_int_equal(disk_super_get(&m->super, (const unsigned char *)bytes), QFILE_GOOD);
	assert_true(disk_trailer_get(&m->t, (const unsigned char *)bytes + m->super.trailer_at));
	m->history = (size_t)m->super.trailer_at + QFILE_TRAILER;
	m->size = n;
}

/* A message with history: two attempts for the first recipient, one for the second, a note. */
static char *
with_history(struct sample *s, struct map *m, size_t last[4])
{
	struct history h = sample_history(1790000001000000, "connect to mx.example.com[192.0.2.1]:25: refused");
	struct qfile *q;
	struct stat st;
	char *bytes;
	size_t n;

	sample_plain(s);
	q = sample_open(s, QFILE_WRITE);
	for (int i = 0; i < 4; i++) {
		fstat(qfile_fd(q), &st);
		last[i] = (size_t)st.st_size;
		if (i < 3)
			assert_true(qfile_mark(q, (size_t)(i / 2), SLOT_OPEN, 0, &h, &s->why));
		else
			assert_true(qfile_note(q, &h, &s->why));
	}
	qfile_free(&q);
	bytes = sample_bytes(s, &n);
	map_of(bytes, n, m);
	return bytes;
}

static void
cut_at_every_length(void **state)
{
	size_t last[4];
	struct sample s;
	struct map m;
	char *bytes;

	(void)state;
	sample_start(&s);
	bytes = with_history(&s, &m, last);
	for (int mode = QFILE_READ; mode <= QFILE_WRITE; mode++) {
		for (size_t n = 0; n <= m.size; n++) {
			enum qfile_state want = n < m.history ? QFILE_UNFINISHED : QFILE_GOOD;
			struct stat st;

			if (sample_state(&s, bytes, n, (enum qfile_mode)mode) != want)
				fail_msg("cut to %zu: %s", n, s.why.text);
			if (mode == QFILE_READ || want != QFILE_GOOD)
				continue;
			/* A torn record was cut off, whole ones stay. */
			assert_int_equal(fstatat(s.dir, SAMPLE_ID, &st, 0), 0);
			for (int i = 3; i >= 0; i--)
				if (n >= last[i]) {
					assert_int_equal(st.st_size, n == m.size ? m.size : last[i]);
					break;
				}
		}
	}
	free(bytes);
	sample_end(&s);
}

static void
flip(struct sample *s, const struct map *m, char *bytes, size_t at, unsigned char bits)
{
	size_t body_end = (size_t)(m->t.body_at + m->t.body_len);
	enum qfile_state want = at >= QFILE_SUPER && at < body_end ? QFILE_GOOD : QFILE_DAMAGED, got;
	enum qfile_state open_state;
	struct qfile *q;

	bytes[at] ^= (char)bits;
	got = sample_state(s, bytes, m->size, at % 2 ? QFILE_READ : QFILE_WRITE);
	if (got != want)
		fail_msg("byte %zu of %zu (history %zu) with %#x: state %d", at, m->size, m->history, bits, got);
	if (got == QFILE_GOOD && bits == 0xff) {
		q = qfile_open(s->dir, SAMPLE_ID, QFILE_READ, &open_state, &s->why);
		assert_false(qfile_body_ok(q));
		qfile_free(&q);
	}
	bytes[at] ^= (char)bits;
}

static void
every_byte_altered(void **state)
{
	size_t last[4];
	struct sample s;
	struct map m;
	char *bytes;

	(void)state;
	sample_start(&s);
	bytes = with_history(&s, &m, last);
	for (size_t at = 0; at < m.size; at++) {
		for (int bit = 0; bit < 8; bit++)
			flip(&s, &m, bytes, at, (unsigned char)(1 << bit));
		flip(&s, &m, bytes, at, 0xff);
	}
	free(bytes);
	sample_end(&s);
}

/* Sectors that were never written read as zeros; what precedes them counts, and new records follow it. */
static void
history_lost_in_a_power_failure(void **state)
{
	struct history h = sample_history(7, "again");
	size_t last[4];
	struct sample s;
	struct map m;
	char *bytes, *torn;

	(void)state;
	sample_start(&s);
	bytes = with_history(&s, &m, last);
	torn = mem_alloc(m.size);
	for (size_t from = m.history; from < m.size; from++) {
		size_t whole = m.history;
		struct arena mem = ARENA(1 << 20);
		struct qfile_cursor c = { 0 };
		struct history got;
		struct slot slot;
		struct stat st;
		struct qfile *q;

		if (from % 512 != 0 && from != last[1] && from != last[2] && from != last[3])
			continue;
		for (int i = 0; i < 4; i++)
			if (last[i] <= from)
				whole = last[i];
		memcpy(torn, bytes, from);
		memset(torn + from, 0, m.size - from);
		assert_int_equal(sample_state(&s, torn, m.size, QFILE_READ), QFILE_GOOD);
		q = sample_open(&s, QFILE_READ);
		for (size_t i = 0; i < 3; i++)
			assert_true(qfile_slot(q, i, &slot) && slot.history_at < whole);
		qfile_free(&q);
		assert_int_equal(sample_state(&s, torn, m.size, QFILE_WRITE), QFILE_GOOD);
		fstatat(s.dir, SAMPLE_ID, &st, 0);
		assert_int_equal(st.st_size, whole);
		/* The slots are newer than the history: none may name what comes there now. */
		q = sample_open(&s, QFILE_WRITE);
		assert_true(qfile_mark(q, 2, SLOT_FAILED, SLOT_NOTICE_OWED, &h, &s.why));
		qfile_free(&q);
		q = sample_open(&s, QFILE_READ);
		for (size_t i = 0; i < 3; i++) {
			assert_true(qfile_slot(q, i, &slot));
			if (slot.history_at == 0)
				continue;
			assert_true(qfile_history_at(q, slot.history_at, &mem, &got));
			assert_int_equal(got.number, i);
		}
		while (qfile_history(q, &c, &mem, &got))
			;
		assert_int_equal(got.number, 2);
		qfile_free(&q);
		arena_free(&mem);
	}
	free(torn);
	free(bytes);
	sample_end(&s);
}

/* With the right checksums, but senseless: nothing of that may be believed, nor harm. */
static void
reseal(char *bytes, struct disk_super *super, const struct disk_trailer *t, uint64_t at)
{
	struct disk_trailer sealed = *t;

	disk_super_put((unsigned char *)bytes, super);
	sealed.super_crc = crc32c(0, bytes, QFILE_SUPER - 4);
	disk_trailer_put((unsigned char *)bytes + at, &sealed);
}

static void
places_made_up(void **state)
{
	const size_t offsets[] = { offsetof(struct disk_trailer, trailer_at), offsetof(struct disk_trailer, body_at),
		offsetof(struct disk_trailer, body_len), offsetof(struct disk_trailer, header_at),
		offsetof(struct disk_trailer, header_len), offsetof(struct disk_trailer, envelope_at),
		offsetof(struct disk_trailer, envelope_len), offsetof(struct disk_trailer, attributes_at),
		offsetof(struct disk_trailer, attributes_len), offsetof(struct disk_trailer, rcpts_at),
		offsetof(struct disk_trailer, rcpts_len), offsetof(struct disk_trailer, slots_at),
		offsetof(struct disk_trailer, nrcpts) };
	size_t last[4];
	struct sample s;
	struct map m;
	char *bytes, *copy;

	(void)state;
	sample_start(&s);
	bytes = with_history(&s, &m, last);
	copy = mem_alloc(m.size);
	for (size_t i = 0; i < NITEMS(offsets); i++) {
		struct disk_trailer t = m.t;
		uint64_t *place = (uint64_t *)(void *)((char *)&t + offsets[i]), old = *place;
		const uint64_t values[] = { 0, 1, 63, 64, old - 1, old + 1, old + 64, m.size, m.size + 1,
			m.super.trailer_at, 1ull << 31, 1ull << 32, 1ull << 62, 1ull << 63, UINT64_MAX,
			UINT64_MAX - old, UINT64_MAX / 64 };

		for (size_t k = 0; k < NITEMS(values); k++) {
			if (values[k] == old)
				continue;
			memcpy(copy, bytes, m.size);
			*place = values[k];
			reseal(copy, &m.super, &t, m.super.trailer_at);
			assert_int_equal(sample_state(&s, copy, m.size, QFILE_READ), QFILE_DAMAGED);
		}
	}
	/* The same done rightly is good: the test would notice a mistake of its own. */
	memcpy(copy, bytes, m.size);
	reseal(copy, &m.super, &m.t, m.super.trailer_at);
	assert_int_equal(sample_state(&s, copy, m.size, QFILE_READ), QFILE_GOOD);
	free(copy);
	free(bytes);
	sample_end(&s);
}

/* Head and tail of two files do not make one, even where all places fit. */
static void
head_of_another(void **state)
{
	size_t last[4];
	struct sample s;
	struct map m;
	char *bytes;

	(void)state;
	sample_start(&s);
	bytes = with_history(&s, &m, last);
	memcpy(m.super.id, "another", 8);
	disk_super_put((unsigned char *)bytes, &m.super);
	assert_int_equal(sample_state(&s, bytes, m.size, QFILE_READ), QFILE_DAMAGED);
	free(bytes);
	sample_end(&s);
}

/* Two places moved together, so that they still follow each other. */
static void
lengths_made_up(void **state)
{
	size_t last[4];
	struct sample s;
	struct map m;
	char *bytes, *copy;

	(void)state;
	sample_start(&s);
	bytes = with_history(&s, &m, last);
	copy = mem_alloc(m.size);
	for (int i = 0; i < 5; i++) {
		struct disk_trailer t = m.t;

		memcpy(copy, bytes, m.size);
		if (i == 0)
			t.nattributes++;
		else if (i == 1)
			t.nattributes--;
		else if (i == 2)
			t.nattributes = UINT32_MAX;
		else if (i == 3)
			t.attributes_at--, t.envelope_len--, t.attributes_len++;
		else
			t.attributes_at++, t.envelope_len++, t.attributes_len--;
		reseal(copy, &m.super, &t, m.super.trailer_at);
		if (sample_state(&s, copy, m.size, QFILE_READ) != QFILE_DAMAGED)
			fail_msg("case %d", i);
	}
	free(copy);
	free(bytes);
	sample_end(&s);
}

static void
slots_made_up(void **state)
{
	size_t last[4];
	struct sample s;
	struct map m;
	char *bytes;

	(void)state;
	sample_start(&s);
	bytes = with_history(&s, &m, last);
	for (int i = 0; i < 8; i++) {
		unsigned char *at = (unsigned char *)bytes + m.t.slots_at + QFILE_SLOT, saved[QFILE_SLOT];
		struct slot slot;

		memcpy(saved, at, QFILE_SLOT);
		assert_true(disk_slot_get(&slot, at, 0));
		switch (i) {
		case 0: /* of another number */
			disk_slot_put(at, 1, &slot);
			break;
		case 1:
			slot.state = (enum slot_state)(SLOT_REMOVED + 1);
			break;
		case 2:
			slot.rcpt_at = 0;
			break;
		case 3:
			slot.rcpt_at = UINT64_MAX - 3;
			break;
		case 4:
			slot.rcpt_len = UINT32_MAX;
			break;
		case 5:
			slot.rcpt_at = m.t.slots_at;
			break;
		case 6:
			slot.rcpt_at = 1ull << 63;
			break;
		case 7:
			slot.rcpt_at = m.t.rcpts_at + m.t.rcpts_len - 1, slot.rcpt_len = 2;
			break;
		}
		if (i > 0)
			disk_slot_put(at, 0, &slot);
		if (sample_state(&s, bytes, m.size, QFILE_READ) != QFILE_DAMAGED)
			fail_msg("case %d", i);
		memcpy(at, saved, QFILE_SLOT);
	}
	assert_int_equal(sample_state(&s, bytes, m.size, QFILE_READ), QFILE_GOOD);
	free(bytes);
	sample_end(&s);
}

/* A slot may name any place for its last record: what is none is not taken for one. */
static void
history_places_made_up(void **state)
{
	size_t last[4];
	struct history got;
	struct sample s;
	struct map m;
	struct qfile *q;
	char *bytes;

	(void)state;
	sample_start(&s);
	bytes = with_history(&s, &m, last);
	q = sample_open(&s, QFILE_READ);
	for (size_t at = 0; at < m.size + 100; at++) {
		bool real = at == last[0] || at == last[1] || at == last[2] || at == last[3];

		assert_int_equal(qfile_history_at(q, at, &s.mem, &got), real);
	}
	assert_false(qfile_history_at(q, UINT64_MAX, &s.mem, &got));
	assert_false(qfile_history_at(q, 1ull << 63, &s.mem, &got));
	qfile_free(&q);
	free(bytes);
	sample_end(&s);
}

static void
records_made_up(void **state)
{
	static const struct {
		size_t len;
		const char *text;
	} texts[] = {
		{ 1, "\n" },
		{ 5, "a=b\0\n" },
		{ 10, "time_us=1\n" },
		{ 72, "time_us=1\0number=7\0code=4\0dsn=4\0action=a\0text=t\0mta=\0mta_type=\0diag=\0dt" },
		{ 50, "time_us=1\0number=7\0code=4\0dsn=4\0action=a\0text=t\0\n" }, /* there are three slots */
		{ 51, "time_us=1\0number=-2\0code=4\0dsn=4\0action=a\0text=t\0\n" },
		{ 52, "time_us=1\0number=0\0code=4\0dsn=4\0action=a\0text=t\nx\0\n" },
	};
	size_t last[4];
	struct history got;
	struct sample s;
	struct map m;
	char *bytes, *copy;

	(void)state;
	sample_start(&s);
	bytes = with_history(&s, &m, last);
	copy = mem_alloc(m.size + 200);
	for (size_t i = 0; i < NITEMS(texts); i++) {
		struct disk_record r = { (uint32_t)texts[i].len, crc32c(0, texts[i].text, texts[i].len) };

		memcpy(copy, bytes, m.size);
		disk_record_put((unsigned char *)copy + m.size, &r, m.size);
		memcpy(copy + m.size + QFILE_RECORD, texts[i].text, texts[i].len);
		if (sample_state(&s, copy, m.size + QFILE_RECORD + texts[i].len, QFILE_READ) == QFILE_GOOD) {
			struct qfile *q = sample_open(&s, QFILE_READ);

			assert_false(qfile_history_at(q, m.size, &s.mem, &got));
			qfile_free(&q);
		}
	}
	free(copy);
	free(bytes);
	sample_end(&s);
}

static void
other_versions(void **state)
{
	size_t last[4];
	struct sample s;
	struct map m;
	char *bytes;

	(void)state;
	sample_start(&s);
	bytes = with_history(&s, &m, last);
	m.super.version = QFILE_VERSION + 1;
	reseal(bytes, &m.super, &m.t, m.super.trailer_at);
	assert_int_equal(sample_state(&s, bytes, m.size, QFILE_WRITE), QFILE_NEWER);
	assert_int_equal(sample_state(&s, bytes, QFILE_SUPER, QFILE_WRITE), QFILE_NEWER);
	m.super.version = 0;
	reseal(bytes, &m.super, &m.t, m.super.trailer_at);
	assert_int_equal(sample_state(&s, bytes, m.size, QFILE_WRITE), QFILE_DAMAGED);
	free(bytes);
	sample_end(&s);
}

static void
something_else(void **state)
{
	struct sample s;
	char zeros[500] = { 0 };

	(void)state;
	sample_start(&s);
	assert_int_equal(sample_state(&s, "", 0, QFILE_READ), QFILE_UNFINISHED);
	assert_int_equal(sample_state(&s, "x", 1, QFILE_READ), QFILE_DAMAGED);
	assert_int_equal(
	    sample_state(&s, "From: me\n\nhello, this is a letter that somebody put here by mistake\n", 69, QFILE_READ),
	    QFILE_DAMAGED);
	assert_int_equal(sample_state(&s, zeros, 20, QFILE_READ), QFILE_DAMAGED);
	assert_int_equal(sample_state(&s, zeros, 500, QFILE_READ), QFILE_DAMAGED);
	sample_end(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cut_at_every_length),
		cmocka_unit_test(every_byte_altered),
		cmocka_unit_test(history_lost_in_a_power_failure),
		cmocka_unit_test(places_made_up),
		cmocka_unit_test(head_of_another),
		cmocka_unit_test(lengths_made_up),
		cmocka_unit_test(slots_made_up),
		cmocka_unit_test(history_places_made_up),
		cmocka_unit_test(records_made_up),
		cmocka_unit_test(other_versions),
		cmocka_unit_test(something_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
