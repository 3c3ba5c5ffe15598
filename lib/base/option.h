/* SPDX-License-Identifier: Apache-2.0 */
/*
 * option - getopt(3) for our commands: a bad option is named as it was written.
 *
 *	while ((letter = option_next(argc, argv, "c:v")) != -1)
 *
 * What is unknown, or lacks its argument, ends the command with EX_USAGE.
 * Options end at the first other word.
 */
#ifndef BASE_OPTION_H
#define BASE_OPTION_H

int option_next(int argc, char **argv, const char *letters);

#endif
