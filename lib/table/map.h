/* SPDX-License-Identifier: Apache-2.0 */
/*
 * map - a file in memory that may be cut short while we read it.
 *
 * Reading past the end of a mapped file ends a process (SIGBUS), and somebody
 * may truncate a table in place at any time.  Here zeros appear where the
 * file ended, and map_torn() tells afterwards, so that what was read is not believed.
 * The handler is installed with the first map, and other reasons for the signal
 * end the process as before.
 *
 * Shared: maps are read from any thread; opened and closed by one at a time.
 */
#ifndef TABLE_MAP_H
#define TABLE_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct map;

struct map *map_open(int fd, size_t size, const uint8_t **at); /* NULL: errno; ENODATA: an empty file */
bool map_torn(const struct map *);
void map_close(struct map **);

#endif
