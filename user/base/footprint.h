/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keeps the idle daemon small. */
#ifndef WAX_BASE_FOOTPRINT_H
#define WAX_BASE_FOOTPRINT_H

/* Gives back what only the start needed: free heap, and code that will hardly run again. */
void footprint_shrink(void);

#endif
