/* SPDX-License-Identifier: Apache-2.0 */
/* The messages of deliver.def as structs and functions. */
#ifndef IPC_DELIVER_H
#define IPC_DELIVER_H
#define MSG_DEF "lib/ipc/deliver.def"
#include "lib/ipc/message.h"
#endif
