/* SPDX-License-Identifier: Apache-2.0 */
/* qmgr decides who tries what and when: it keeps the queue, and hands its messages to delivery agents. */
#include "qmgr/round.h"

int
main(int argc, char **argv)
{
	return service_run(&qmgr_service, argc, argv);
}
