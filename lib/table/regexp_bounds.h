/* SPDX-License-Identifier: Apache-2.0 */
/*
 * regexp_bounds - may the C library's regcomp() be trusted with a pattern?
 *
 * glibc writes repetitions out ("(a{1,100}){1,50}" is 5,000 times a) and walks
 * the result recursively, so that a line of text can take all of the stack or
 * the memory of a daemon, which is then dead, or busy for minutes.  Tables are
 * opened in threads with 256 KiB of stack.  Measured there, regcomp() fails at
 * 500 nested groups, at 1,000 parts in a row that may all be absent (a?a?...),
 * and takes seconds and gigabytes from 10,000 alternatives on; the bounds here
 * are well below.
 *
 * Matching takes time in proportion to the key, but not where the pattern
 * refers back to what a group matched: "(.*)(.*)\1\2" takes seconds for a key
 * of 100 bytes.  So such a pattern has a longest key.
 *
 * This is reckoned from the text alone, and pessimistic.  Run the compiler in
 * a child instead?  A daemon with threads must not fork, and what was found
 * good there would still have to be compiled here.
 */
#ifndef TABLE_REGEXP_BOUNDS_H
#define TABLE_REGEXP_BOUNDS_H

#include "lib/table/pattern_rules.h"

/* NULL: it is small enough; else what there is too much of. */
const char *regexp_too_large(const char *pattern, bool extended);

/* For how long a key it is known within a second whether it matches; SIZE_MAX: for any, 0: not even for a short one. */
size_t regexp_longest_key(const char *pattern, bool extended);

/* Bytes that each match has, in lower case; what cannot be told easily is left out. */
struct byte_set regexp_required(const char *pattern, bool extended);

#endif
