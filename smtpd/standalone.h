/* SPDX-License-Identifier: Apache-2.0 */
/*
 * standalone - "smtpd -S": SMTP on standard input and output, for "sendmail -bs".
 *
 * Runs as whoever calls it, without master and without rights of its own.
 * Nobody is refused, as the mail is the caller's; it goes through postdrop.
 */
#ifndef SMTPD_STANDALONE_H
#define SMTPD_STANDALONE_H

int standalone(int argc, char **argv); /* the exit status */

#endif
