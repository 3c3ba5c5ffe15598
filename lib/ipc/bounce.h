/* SPDX-License-Identifier: Apache-2.0 */
/* The messages of bounce.def as structs and functions. */
#ifndef IPC_BOUNCE_H
#define IPC_BOUNCE_H
#define MSG_DEF "lib/ipc/bounce.def"
#include "lib/ipc/message.h"
#endif
