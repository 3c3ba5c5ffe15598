/* SPDX-License-Identifier: Apache-2.0 */
/* The messages of proxymap.def as structs and functions. */
#ifndef IPC_PROXYMAP_H
#define IPC_PROXYMAP_H
#define MSG_DEF "lib/ipc/proxymap.def"
#include "lib/ipc/message.h"
#endif
