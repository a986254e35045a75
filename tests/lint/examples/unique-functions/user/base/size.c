/* SPDX-License-Identifier: GPL-2.0-or-later */
static int tell(void)
{
	return 0;
}

int size_parse(void)
{
	return tell();
}
