/* SPDX-License-Identifier: GPL-2.0-or-later */
/* text_cut() is gone. */
void text_trim(char *text);
