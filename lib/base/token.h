/* SPDX-License-Identifier: Apache-2.0 */
/*
 * token - the words of a restriction list, where a table may have braces inside.
 *
 *	while ((word = token_next(&cursor)) != NULL)
 *
 * "check_sender_access inline:{ {a@ = REJECT x}, b@=OK } permit" has three
 * words.  A word that is braces altogether loses the outer pair.  Separators
 * are commas and white space.  Cuts *cursor.
 */
#ifndef BASE_TOKEN_H
#define BASE_TOKEN_H

char *token_next(char **cursor);

#endif
