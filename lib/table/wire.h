/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire - what the servers behind tcp: and socketmap: tables are asked and answer.
 *
 * Pure: text in, text out.  tcp_table(5): a line "get KEY", with %XX for what
 * is not printable, and "200 VALUE", "500 why not" or "400 try later"; of the
 * three digits the first one counts.
 * socketmap_table(5): netstrings, "NAME KEY", and "OK VALUE", "NOTFOUND ",
 * "TEMP why", "TIMEOUT why" or "PERM why".
 */
#ifndef TABLE_WIRE_H
#define TABLE_WIRE_H

#include "lib/table/table.h"

enum { WIRE_TCP_LINE = 4096 }; /* with its end, in both directions */

void wire_tcp_request(struct buf *, const char *key);
/* A line without its end, of len bytes.  TABLE_ERROR: *why, later or never, begins with who. */
enum table_result
wire_tcp_reply(const char *line, size_t len, const char *who, struct arena *, const char **value, struct verdict *why);

void wire_socketmap_request(struct buf *, const char *name, const char *key);
enum { WIRE_DIGITS = 9 };			/* of a length, before ':' */
long wire_netstring_length(const char *digits); /* -1: not a length of the strict form */
enum table_result wire_socketmap_reply(
    const char *text, size_t len, const char *who, struct arena *, const char **value, struct verdict *why);

#endif
