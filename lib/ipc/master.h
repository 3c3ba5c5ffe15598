/* SPDX-License-Identifier: Apache-2.0 */
/* The messages of master.def as structs and functions. */
#ifndef IPC_MASTER_H
#define IPC_MASTER_H
#define MSG_DEF "lib/ipc/master.def"
#include "lib/ipc/message.h"
#endif
