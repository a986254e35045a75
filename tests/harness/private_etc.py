# SPDX-License-Identifier: GPL-2.0-or-later
"""Servers whose stores lie in /etc and nowhere else, run with a copy of /etc of their own: saslauthd
with sasldb2 or shadow, Courier's authdaemond with userdb.
"""
import os
import shutil
import subprocess
import tempfile
import time

from harness import reads, tidy

NAME, REALM, PASSWORD = "alice", "isp1.example", "correct-horse"


class PrivateEtc:
    """One server program behind strace, in a mount namespace with its own /etc."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="we", dir="/tmp")
        tidy.on_exit(self.stop)
        os.chmod(self.folder, 0o755)
        self.etc = f"{self.folder}/etc"
        self.trace = f"{self.folder}/trace"
        shutil.copytree("/etc", self.etc, symlinks=True)
        self.process = None

    def inside(self, *command):
        return ["unshare", "-m", "--propagation", "private", "sh", "-c",
                f'mount --bind {self.etc} /etc && {self.more_mounts()} && exec "$@"', "sh", *command]

    def more_mounts(self):
        return "true"

    def run(self, *command, text=""):
        return subprocess.run(self.inside(*command), input=text, capture_output=True, text=True,
                              timeout=60)

    def spawn(self, *command):
        self.process = subprocess.Popen(
            self.inside(*reads.strace(self.trace), *command), stdin=subprocess.DEVNULL,
            stdout=open(f"{self.folder}/out", "w"), stderr=subprocess.STDOUT,
            # Courier's programs pass a signal on to their whole group
            start_new_session=True, preexec_fn=tidy.die_with_parent)

    def wait_for(self, is_ready):
        deadline = time.monotonic() + 30
        while not is_ready():
            if self.process.poll() is not None or time.monotonic() > deadline:
                with open(f"{self.folder}/out") as out:
                    raise RuntimeError(f"{type(self).__name__} does not start: {out.read()[-1000:]}")
            time.sleep(0.1)

    def truth(self, path):
        """(opens, bytes) of a file of the private /etc."""
        return reads.opens_and_bytes(self.trace, path, self.folder + path)

    def stop(self):
        tidy.forget(self.stop)
        if self.process:
            tidy.stop_at_once(self.process)
            self.process = None
        shutil.rmtree(self.folder, ignore_errors=True)


class Saslauthd(PrivateEtc):
    program = "/usr/sbin/saslauthd"

    def start(self, mechanism):
        os.mkdir(f"{self.folder}/mux")
        self.spawn(self.program, "-d", "-a", mechanism, "-n", "1", "-m", f"{self.folder}/mux")
        self.wait_for(lambda: os.path.exists(f"{self.folder}/mux/mux"))

    def log_in(self, password, realm=REALM):
        done = subprocess.run(["testsaslauthd", "-f", f"{self.folder}/mux/mux", "-u", NAME, "-r",
                               realm, "-p", password], capture_output=True, text=True, timeout=60)
        return done.stdout.startswith("0: OK")


class Sasldb(Saslauthd):
    stores = ("/etc/sasldb2",)

    def __init__(self):
        super().__init__()
        self.run("saslpasswd2", "-c", "-p", "-u", REALM, NAME, text=PASSWORD)

    def start(self):
        super().start("sasldb")


class Shadow(Saslauthd):
    stores = ("/etc/shadow",)

    def __init__(self):
        super().__init__()
        hashed = subprocess.run(["openssl", "passwd", "-6", PASSWORD], capture_output=True, text=True,
                                check=True).stdout.strip()
        for file, line in (("passwd", f"{NAME}:x:54321:54321::/nowhere:/bin/false\n"),
                           ("shadow", f"{NAME}:{hashed}:20000:0:99999:7:::\n")):
            with open(f"{self.etc}/{file}", "a") as users:
                users.write(line)

    def start(self):
        super().start("shadow")

    def log_in(self, password):
        return super().log_in(password, realm="")


class Userdb(PrivateEtc):
    program = "/usr/sbin/authdaemond"
    stores = ("/etc/courier/userdb.dat", "/etc/courier/userdbshadow.dat")

    def __init__(self, account=f"{NAME}@{REALM}", home="/nowhere"):
        super().__init__()
        os.mkdir(f"{self.folder}/run")
        self.run("userdb", account, "set", "uid=8", "gid=8", f"home={home}")
        hashed = subprocess.run(["openssl", "passwd", "-1", PASSWORD], capture_output=True, text=True,
                                check=True).stdout.strip()
        self.run("userdb", account, "set", f"systempw={hashed}")
        self.run("makeuserdb")
        with open(f"{self.etc}/courier/authdaemonrc", "w") as rc:
            rc.write('authmodulelist="authuserdb"\nauthmodulelistorig="authuserdb"\ndaemons=1\n'
                     'DEBUG_LOGIN=0\nDEFAULTOPTIONS=""\nLOGGEROPTS=""\n')

    def more_mounts(self):
        """The place of its socket is built in."""
        place = "/run/courier/authdaemon"
        return f"mkdir -p {place} && mount --bind {self.folder}/run {place}"

    def start(self):
        self.spawn("/usr/lib/courier/courier-authlib/authdaemond")
        self.wait_for(lambda: os.path.exists(f"{self.folder}/run/socket"))

    def log_in(self, password):
        return self.run("authtest", f"{NAME}@{REALM}", password).returncode == 0
