/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json - writing JSON (RFC 8259): commas, quotes and braces are set here, and nowhere else.
 *
 *	struct json j = JSON(stdout);
 *	json_object(&j, NULL);
 *	json_text(&j, "queue_id", id);
 *	json_array(&j, "recipients");
 *	json_text(&j, NULL, "a@example.com");
 *	json_end(&j);
 *	json_end(&j);
 *
 * writes {"queue_id": "...", "recipients": ["a@example.com"]} and a line end:
 * each outermost value is one line, so that a stream of them can be read line
 * by line.  A member of an object has a key, an element of an array and an
 * outermost value have NULL.  Bytes that are not UTF-8, which JSON cannot
 * carry, become "?".  Errors are those of the stream: ask ferror() once.
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <stdbool.h>
#include <stdio.h>

enum { JSON_DEPTH = 16 };

struct json {
	FILE *out;
	unsigned depth;
	char close[JSON_DEPTH]; /* what ends each open value */
	bool some[JSON_DEPTH];	/* it has an element already */
};
/* clang-format off */
#define JSON(stream) { .out = (stream) }
/* clang-format on */

void json_object(struct json *, const char *key);
void json_array(struct json *, const char *key);
void json_end(struct json *); /* the innermost that is open */
void json_text(struct json *, const char *key, const char *text);
void json_number(struct json *, const char *key, long);
void json_bool(struct json *, const char *key, bool);

#endif
