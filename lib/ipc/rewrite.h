/* SPDX-License-Identifier: Apache-2.0 */
/* The messages of rewrite.def as structs and functions. */
#ifndef IPC_REWRITE_H
#define IPC_REWRITE_H
#define MSG_DEF "lib/ipc/rewrite.def"
#include "lib/ipc/message.h"
#endif
