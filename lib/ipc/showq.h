/* SPDX-License-Identifier: Apache-2.0 */
/* The messages of showq.def as structs and functions. */
#ifndef IPC_SHOWQ_H
#define IPC_SHOWQ_H
#define MSG_DEF "lib/ipc/showq.def"
#include "lib/ipc/message.h"
#endif
