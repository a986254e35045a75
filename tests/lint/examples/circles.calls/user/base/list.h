/* SPDX-License-Identifier: GPL-2.0-or-later */
int list_add(void);
int list_size(void);
