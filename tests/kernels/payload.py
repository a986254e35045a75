# SPDX-License-Identifier: GPL-2.0-or-later
"""What guests of one architecture get beside their system: the installed programs and the tests, as
an image of a file system.

The programs are those of build/; for a machine unlike this one they are built in a tree of links with a
build folder of its own, by Debian's cross compiler. The tests of bpf/ are without sanitizers, which cost
most of their time on an emulated machine and have run on this one. The programs are linked with the guest's
own libraries, which works because they are built against the oldest suite's (a newer C library runs older
programs).
"""
import glob
import os
import platform
import shutil
import subprocess

HERE = os.path.dirname(os.path.abspath(__file__))
TESTS = os.path.dirname(HERE)
ROOT = os.path.dirname(TESTS)
LINKED = ("Makefile", "bpf", "user", "include", "vmlinux", "tests", "docs")
# as Debian names it: as Makefile names it, the compiler's prefix, what this machine is called if native
ARCHITECTURES = {"amd64": ("x86", "x86_64-linux-gnu-", "x86_64"),
                 "arm64": ("arm64", "aarch64-linux-gnu-", "aarch64")}


class Tree:
    def __init__(self, arch):
        name, prefix, machine = ARCHITECTURES[arch]
        self.cc, self._variables = [os.environ.get("CC", "gcc")], []
        if platform.machine() == machine:
            self.folder = ROOT
            return
        made = subprocess.run([f"{HERE}/cross", arch], stdout=subprocess.PIPE, text=True)
        if made.returncode != 0:
            raise RuntimeError(f"no libraries of {arch} to build with")
        self.cc = [f"{prefix}gcc", f"--sysroot={made.stdout.strip()}/root"]
        self._variables = [f"ARCH={name}", f"CC={' '.join(self.cc)}"]
        self.folder = f"{ROOT}/build/guest/{arch}"
        os.makedirs(self.folder, exist_ok=True)
        for linked in LINKED:
            if not os.path.islink(f"{self.folder}/{linked}"):
                os.symlink(f"../../../{linked}", f"{self.folder}/{linked}")

    def make(self, *arguments):
        """By itself: not part of a make that may have called us."""
        environment = {key: value for key, value in os.environ.items()
                       if key not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")}
        subprocess.run(["make", "-s", f"-j{os.cpu_count()}", "-C", self.folder, *self._variables, *arguments],
                       check=True, env=environment, stdout=subprocess.DEVNULL)

    def compile(self, source, program):
        subprocess.run([*self.cc, "-std=gnu17", "-D_GNU_SOURCE", "-O2", "-Wall", "-Wextra", "-Wshadow",
                        "-Werror", "-o", program, f"{TESTS}/{source}", "-lbpf"], check=True)

    def find_library(self, name):
        """Where the compiler finds it."""
        return subprocess.run([*self.cc, f"-print-file-name={name}"], stdout=subprocess.PIPE, text=True,
                              check=True).stdout.strip()


def compile_bpf(source, program):
    subprocess.run([os.environ.get("BPF_CLANG", "clang"), "-target", "bpf", "-O2", "-g", "-c", "-o",
                    program, f"{TESTS}/{source}"], check=True)


def bpf_tests():
    return [os.path.basename(path).removesuffix(".c")
            for path in sorted(glob.glob(f"{TESTS}/bpf/*.c")) if not path.endswith(".bpf.c")]


def make_btrfs(path):
    """An empty file system for tests/bpf/access_paths: the guests cannot make one."""
    with open(path, "wb") as image:
        image.truncate(128 << 20)
    subprocess.run(["mkfs.btrfs", "-q", path], check=True, stdout=subprocess.DEVNULL,
                   env=dict(os.environ, PATH=os.environ["PATH"] + ":/usr/sbin:/sbin"))


def fill(tree, folder):
    tests = bpf_tests()
    tree.make("install", f"DESTDIR={folder}/root", "unitdir=/usr/lib/systemd/system")
    tree.make("plain")
    os.makedirs(f"{folder}/tests/bpf")
    for name in tests:
        shutil.copy(f"{tree.folder}/build/plain/tests/bpf/{name}", f"{folder}/tests/bpf")
    # cmocka 2 lacks functions that programs linked with 1.1 call
    os.makedirs(f"{folder}/tests/lib")
    shutil.copy(tree.find_library("libcmocka.so.0"), f"{folder}/tests/lib")
    make_btrfs(f"{folder}/tests/btrfs.img")
    # tests/bpf/access_paths compares what it finds with the published tables
    os.makedirs(f"{folder}/docs")
    shutil.copy(f"{ROOT}/docs/coverage.md", f"{folder}/docs")
    for name in ("harness", "cases", "kernels/guest"):
        shutil.copytree(f"{TESTS}/{name}", f"{folder}/tests/{name}",
                        ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(f"{tree.folder}/build/bpf/waxseal.o", folder)
    for name in ("verify", "programs", "calls"):
        tree.compile(f"kernels/guest/{name}.c", f"{folder}/{name}")
    tree.compile("bench/hold.c", f"{folder}/hold")
    compile_bpf("bench/empty.bpf.c", f"{folder}/empty.bpf.o")
    compile_bpf("kernels/guest/empty_open.bpf.c", f"{folder}/empty_open.bpf.o")


def make_payload(arch, folder):
    """Returns the path of the image."""
    fill(Tree(arch), f"{folder}/{arch}")
    kilobytes = int(subprocess.run(["du", "-sk", f"{folder}/{arch}"], capture_output=True, text=True,
                                   check=True).stdout.split()[0])
    image = f"{folder}/{arch}.img"
    subprocess.run(["mke2fs", "-q", "-t", "ext4", "-O", "^has_journal", "-d", f"{folder}/{arch}", image,
                    f"{kilobytes * 5 // 4 + 8192}k"], check=True, stdout=subprocess.DEVNULL)
    return image
