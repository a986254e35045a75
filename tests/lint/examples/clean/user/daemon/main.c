/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Includes what it may. */
#include <stdio.h>

#include "base/mem.h"
#include "build_info.h"
#include "sensor/sensors.h"

int main(void)
{
	return 0; /* not // a comment */
}
