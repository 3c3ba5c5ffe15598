/* SPDX-License-Identifier: Apache-2.0 */
/* The messages of stub.def as structs and functions. */
#ifndef IPC_STUB_H
#define IPC_STUB_H
#define MSG_DEF "lib/ipc/stub.def"
#include "lib/ipc/message.h"
#endif
