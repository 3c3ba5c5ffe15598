/* SPDX-License-Identifier: Apache-2.0 */
/*
 * extra - header lines that flags=DOR in master.cf put before a message:
 * Return-Path, X-Original-To and Delivered-To.  The last also finds mail that
 * was delivered to that address before (a loop).
 */
#ifndef SMTP_EXTRA_H
#define SMTP_EXTRA_H

#include "lib/ipc/deliver.h"

enum { FLAG_DELIVERED_TO = 1, FLAG_ORIGINAL_TO = 2, FLAG_RETURN_PATH = 4, FLAG_FINAL = 8 };

/* "flags=DORX" among the arguments of the program; false: *err says what is wrong. */
bool extra_flags(const char *const *arguments, unsigned *flags, struct buf *err);

/* The lines with their CRLF, NULL when there are none; D and O need a single recipient. */
const char *extra_lines(unsigned flags, const struct deliver_request *, const struct deliver_rcpt *, struct arena *);

/* Does the header have Delivered-To: address already? */
bool extra_delivered(int file, const struct deliver_request *, const char *address);

#endif
