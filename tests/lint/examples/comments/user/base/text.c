/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A URL in a string is none: */
const char *url = "http://x";
int n; // but this is one
