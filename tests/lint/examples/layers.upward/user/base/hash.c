/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lowest layer that knows mail. */
#include "model/account.h"
