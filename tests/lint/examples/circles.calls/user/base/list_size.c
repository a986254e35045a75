/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/list.h"

int list_size(void)
{
	return list_add();
}
