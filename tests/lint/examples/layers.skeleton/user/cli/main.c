/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The skeleton outside of sensor/. */
#include "waxseal.skel.h"
