/* SPDX-License-Identifier: Apache-2.0 */
/* master - keeps services running.  One thread, and no mail passes through it. */
#include "master/master.h"

int
main(int argc, char **argv)
{
	return master_main(argc, argv);
}
