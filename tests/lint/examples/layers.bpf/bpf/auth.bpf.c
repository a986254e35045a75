/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A BPF program that depends on user space. */
#include "model/attempt.h"
