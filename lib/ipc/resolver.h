/* SPDX-License-Identifier: Apache-2.0 */
/* The messages of resolver.def as structs and functions. */
#ifndef IPC_RESOLVER_H
#define IPC_RESOLVER_H
#define MSG_DEF "lib/ipc/resolver.def"
#include "lib/ipc/message.h"
#endif
