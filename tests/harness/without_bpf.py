#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""without_bpf.py PROGRAM [ARGUMENT]...: becomes PROGRAM, for which the kernel has no bpf(2), as where it
was built without BPF: a filter answers ENOSYS.
"""
import ctypes
import errno
import os
import platform
import struct
import sys

BPF_CALL = {"x86_64": 321, "aarch64": 280}[platform.machine()]
LOAD_WORD, JUMP_EQUAL, RETURN = 0x20, 0x15, 0x06
ALLOW, ERROR = 0x7FFF0000, 0x00050000
PR_SET_SECCOMP, MODE_FILTER = 22, 2


class Filter(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p)]


def main():
    instructions = b"".join(struct.pack("=HBBI", *one) for one in (
        (LOAD_WORD, 0, 0, 0),  # the call's number
        (JUMP_EQUAL, 0, 1, BPF_CALL),
        (RETURN, 0, 0, ERROR | errno.ENOSYS),
        (RETURN, 0, 0, ALLOW)))
    program = Filter(len(instructions) // 8, instructions)
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_SECCOMP, MODE_FILTER, ctypes.byref(program),
                                               0, 0) != 0:
        sys.exit(f"without_bpf.py: {os.strerror(ctypes.get_errno())}")
    os.execv(sys.argv[1], sys.argv[1:])


if __name__ == "__main__":
    main()
