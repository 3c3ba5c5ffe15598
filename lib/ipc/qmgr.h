/* SPDX-License-Identifier: Apache-2.0 */
/* The messages of qmgr.def as structs and functions. */
#ifndef IPC_QMGR_H
#define IPC_QMGR_H
#define MSG_DEF "lib/ipc/qmgr.def"
#include "lib/ipc/message.h"
#endif
