/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A detector that looks into the ledger. */
#include "ledger/ledger.h"
