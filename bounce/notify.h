/* SPDX-License-Identifier: Apache-2.0 */
/*
 * notify - who is told what about a message that could not be delivered, and
 * the telling: one message through cleanup.
 *
 * Rules (RFC 5321 6.1, RFC 3461): the sender is told from the null sender; what
 * came from the null sender is told to 2bounce_notice_recipient, if
 * notify_classes has 2bounce, from double_bounce_sender; what came from that
 * one is told to nobody.  A recipient with NOTIFY that lacks FAILURE is left out.
 */
#ifndef BOUNCE_NOTIFY_H
#define BOUNCE_NOTIFY_H

#include "lib/conf/conf.h"
#include "lib/ipc/bounce.h"
#include "lib/mail/template.h"

/* file is the queue file, closed here.  say->ok: told, or nobody is to be told. */
void notify(const struct conf *, const struct templates *, const struct bounce_notify *, int file, struct arena *,
    struct bounce_answer *say);

#endif
