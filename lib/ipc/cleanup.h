/* SPDX-License-Identifier: Apache-2.0 */
/* The messages of cleanup.def as structs and functions. */
#ifndef IPC_CLEANUP_H
#define IPC_CLEANUP_H
#define MSG_DEF "lib/ipc/cleanup.def"
#include "lib/ipc/message.h"
#endif
