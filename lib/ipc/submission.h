/* SPDX-License-Identifier: Apache-2.0 */
/* The messages of submission.def as structs and functions. */
#ifndef IPC_SUBMISSION_H
#define IPC_SUBMISSION_H
#define MSG_DEF "lib/ipc/submission.def"
#include "lib/ipc/message.h"
#endif
