/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A drawer for everything. */
