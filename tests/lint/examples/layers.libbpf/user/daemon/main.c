/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libbpf outside of sensor/. */
#include <bpf/libbpf.h>
