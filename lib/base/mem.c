/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/base/mem.h"

#include "lib/base/log.h"

#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* A block with its head is as large as what malloc keeps at hand for each thread: 1032 bytes. */
enum { BLOCK_SIZE = 1000, ALIGN = 16 };
/* The frame of mem_rest_stack() and of what it calls. */
enum { STACK_IN_USE = 1024 };

struct arena_block {
	struct arena_block *under;
	size_t used, size;
	_Alignas(ALIGN) char bytes[];
};

/* What the string functions give past the limit: a string nobody may write to. */
static char nothing[1];

static void *
must(void *p)
{
	if (p == NULL)
		log_fatal(EX_OSERR_MEMORY, "out of memory");
	return p;
}

void *
mem_alloc(size_t n)
{
	return must(malloc(n ? n : 1));
}

void *
mem_zero(size_t n, size_t size)
{
	return must(calloc(n ? n : 1, size ? size : 1));
}

void *
mem_grow(void *old, size_t n, size_t size)
{
	return must(reallocarray(old, n ? n : 1, size ? size : 1));
}

char *
mem_str(const char *s)
{
	return must(strdup(s));
}

char *
mem_fmt(const char *fmt, ...)
{
	va_list ap;
	char *s;

	va_start(ap, fmt);
	if (vasprintf(&s, fmt, ap) < 0)
		s = NULL;
	va_end(ap);
	return must(s);
}

void
mem_wipe(void *p, size_t n)
{
	explicit_bzero(p, n);
}

void
mem_rest_stack(void)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	uintptr_t end = ((uintptr_t)__builtin_frame_address(0) - STACK_IN_USE) & ~(page - 1);
	pthread_attr_t attr;
	void *low;
	size_t size;

	/* That of the main thread grows by rules of its own. */
	if (gettid() == getpid() || pthread_getattr_np(pthread_self(), &attr) != 0)
		return;
	if (pthread_attr_getstack(&attr, &low, &size) == 0 && end > (uintptr_t)low)
		madvise(low, end - (uintptr_t)low, MADV_DONTNEED); /* refused: they stay, no harm done */
	pthread_attr_destroy(&attr);
}

void *
arena_alloc(struct arena *a, size_t n)
{
	struct arena_block *b = a->top;
	size_t size;
	void *p;

	if (n > a->max || (n = (n + ALIGN - 1) & ~(size_t)(ALIGN - 1)) > a->max - a->used) {
		a->full = true;
		return NULL;
	}
	if (b == NULL || b->size - b->used < n) {
		size = n > BLOCK_SIZE ? n : BLOCK_SIZE;
		if ((b = malloc(sizeof(*b) + size)) == NULL) {
			a->full = true;
			return NULL;
		}
		b->under = a->top;
		b->used = 0;
		b->size = size;
		a->top = b;
	}
	p = b->bytes + b->used;
	b->used += n;
	a->used += n;
	return memset(p, 0, n);
}

char *
arena_strn(struct arena *a, const char *s, size_t n)
{
	char *p = n < SIZE_MAX ? arena_alloc(a, n + 1) : NULL;

	if (p == NULL)
		return nothing;
	memcpy(p, s, n);
	p[n] = '\0';
	return p;
}

char *
arena_str(struct arena *a, const char *s)
{
	return arena_strn(a, s, strlen(s));
}

char *
arena_vfmt(struct arena *a, const char *fmt, va_list ap)
{
	char small[512], *p;
	va_list again;
	int n;

	va_copy(again, ap);
	n = vsnprintf(small, sizeof(small), fmt, ap);
	if (n >= 0 && (size_t)n < sizeof(small)) {
		p = arena_strn(a, small, (size_t)n);
	} else if (n < 0 || (p = arena_alloc(a, (size_t)n + 1)) == NULL) {
		a->full = true;
		p = nothing;
	} else {
		vsnprintf(p, (size_t)n + 1, fmt, again);
	}
	va_end(again);
	return p;
}

char *
arena_fmt(struct arena *a, const char *fmt, ...)
{
	va_list ap;
	char *s;

	va_start(ap, fmt);
	s = arena_vfmt(a, fmt, ap);
	va_end(ap);
	return s;
}

bool
arena_ok(const struct arena *a)
{
	return !a->full;
}

static void
drop_above(struct arena *a, struct arena_block *keep)
{
	struct arena_block *b;

	while ((b = a->top) != keep) {
		a->top = b->under;
		free(b);
	}
	a->used = 0;
	a->full = false;
}

void
arena_reset(struct arena *a)
{
	struct arena_block *last = a->top;

	while (last != NULL && last->under != NULL)
		last = last->under;
	drop_above(a, last);
	if (last != NULL)
		last->used = 0;
}

void
arena_free(struct arena *a)
{
	drop_above(a, NULL);
}
