/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The contract that depends on user space. */
#include "base/mem.h"
