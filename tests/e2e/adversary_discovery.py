#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Whoever is not root and wants to be taken for the mail server, to have programs run for him, or to stop the
daemon with files that he may write.

Nothing of his is executed or believed, nothing of his makes the daemon wait, and the mail server that runs is
found all the same, also by a daemon that is not root and whose doveconf may not read the configuration.
"""
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from harness import tidy
from harness.lab import Lab
from harness.report import Report, require_root_and_programs, until
from harness.sensor import DAEMON, Sensor

NAME = "adversary_discovery"
NOBODY = 65534
AMBIENT = "+bpf,+perfmon,+dac_read_search,+sys_ptrace"

# Its children are named dovecot and become a set-uid program of root's a moment later: one every 20 ms.
CHANGING = """\
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#define ALIVE 100
int main(int argc, char **argv)
{
	pid_t pids[ALIVE] = {0};
	int ends[2];
	if (pipe2(ends, O_CLOEXEC) < 0)
		return argc;
	dup2(ends[0], 0); /* it waits for a password as long as we hold the other end */
	for (unsigned int i = 0;; i++) {
		pid_t *pid = &pids[i % ALIVE];
		if (*pid > 0) {
			kill(*pid, SIGKILL);
			waitpid(*pid, NULL, 0);
		}
		*pid = fork();
		if (*pid == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			usleep(1000 + i * 137000u % 1900000);
			execl("/usr/bin/su", "dovecot", "-c", argv[1], (char *)0);
			_exit(1);
		}
		usleep(20000);
	}
}
"""


class Attacker:
    """A folder of nobody's with a `dovecot`, and a `doveconf` that says when it was run."""

    def __init__(self, owner=NOBODY):
        self.folder = tempfile.mkdtemp(prefix="wa", dir="/tmp")
        tidy.on_exit(lambda: shutil.rmtree(self.folder, ignore_errors=True))
        self.ran, self.dovecot = f"{self.folder}/ran", f"{self.folder}/dovecot"
        self.config = f"{self.folder}/conf"
        shutil.copy("/usr/bin/sleep", self.dovecot)
        for name, text in (("doveconf", f"#!/bin/sh\ntouch {self.ran}\n"), ("conf", f"touch {self.ran}\n")):
            with open(f"{self.folder}/{name}", "w") as file:
                file.write(text)
            os.chmod(f"{self.folder}/{name}", 0o755)
        os.chmod(self.folder, 0o755)
        self.give(owner)

    def give(self, owner):
        subprocess.run(["chown", "-R", str(owner), self.folder], check=True)

    def spawn(self, *command, user=NOBODY, **options):
        process = subprocess.Popen(command or [self.dovecot, "60"], stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                   user=user, group=user, preexec_fn=tidy.die_with_parent, **options)
        tidy.on_exit(process.kill)
        return process

    def was_run(self):
        return os.path.exists(self.ran)


@contextlib.contextmanager
def stopped(sensor):
    """One that the test starts by itself, or not at all."""
    try:
        yield
    finally:
        sensor.stop()


def end(*processes):
    for process in processes:
        process.kill()
        process.wait()


def doctor(*before, config="/nonexistent/none.conf"):
    command = [*before, DAEMON, "--doctor"] + (["--config", config] if os.path.exists(config) else [])
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    return json.loads(done.stdout)


def problem(document, *words):
    return any(all(word in line for word in words) for line in document["problems"])


def programs_of_others(report):
    mine = Attacker()
    process = mine.spawn()
    document = doctor()
    report.check(not mine.was_run() and not problem(document, mine.folder),
                 "a process of nobody's called dovecot is nothing", str(document["problems"]))
    end(process)
    process = mine.spawn(user=0)
    document = doctor()
    report.check(not mine.was_run() and problem(document, mine.dovecot, "not believed"),
                 "a program of nobody's that root runs is not believed", str(document["problems"]))
    end(process)

    folder = Attacker(owner=0)
    os.chmod(folder.folder, 0o777)
    process = folder.spawn(user=0)
    doctor()
    report.check(not folder.was_run(), "nor one in a folder where others may write")
    end(process)

    link = Attacker(owner=0)
    os.unlink(f"{link.folder}/doveconf")
    os.symlink(f"{mine.folder}/doveconf", f"{link.folder}/doveconf")
    process = link.spawn(user=0)
    document = doctor()
    report.check(not mine.was_run() and problem(document, "doveconf is not run"),
                 "a doveconf that is a link to a program of nobody's is not run",
                 str(document["problems"]))
    end(process)

    process = mine.spawn("unshare", "-m", "sh", "-c",
                         f"mount --bind {mine.dovecot} /usr/sbin/dovecot && exec /usr/sbin/dovecot 60",
                         user=0)
    time.sleep(0.5)
    document = doctor()
    report.check(not mine.was_run() and problem(document, "/usr/sbin/dovecot", "not believed"),
                 "a /usr/sbin/dovecot of a mount name space of its own is not believed",
                 str(document["problems"]))
    end(process)

    # the same with a program that is root's: the name is another file here
    process = mine.spawn("unshare", "-m", "sh", "-c",
                         "mount --bind /usr/bin/sleep /usr/sbin/dovecot && "
                         "exec /usr/sbin/dovecot 60", user=0)
    time.sleep(0.5)
    document = doctor()
    report.check(problem(document, "/usr/sbin/dovecot", "not believed"),
                 "nor is another program that is mounted there", str(document["problems"]))
    end(process)


# What is looked at takes its time, so that each moment between two looks comes up.
SLOWLY = ["strace", "-f", "-o", "/dev/null", "-e", "trace=readlink,readlinkat", "-e",
          "inject=readlink,readlinkat:delay_exit=5000"]


def programs_in_mounts(report):
    """Whoever may mount in /tmp decides there what belongs to root (FUSE)."""
    mine = Attacker(owner=0)
    script = (f"mount -t tmpfs -o mode=755 none {mine.folder} && cd {mine.folder} && cp /usr/bin/sleep dovecot && "
              f"printf '#!/bin/sh\\ntouch {mine.folder}/ran\\n' >doveconf && chmod 755 doveconf && "
              f"(./dovecot 5 & {DAEMON} --doctor) && test ! -e ran")
    done = subprocess.run(["unshare", "-m", "sh", "-c", script], capture_output=True, text=True, timeout=60)
    report.check(done.returncode == 0 and "not believed" in done.stdout,
                 "nor one in a file system that is mounted in /tmp", done.stdout + done.stderr)


def programs_that_change(report):
    """Between two looks at it: for some seconds, at all moments."""
    mine = Attacker()
    source = f"{mine.folder}/dovecot.c"
    with open(source, "w") as file:
        file.write(CHANGING)
    os.unlink(mine.dovecot)
    subprocess.run(["cc", "-o", mine.dovecot, source], check=True)
    os.unlink(f"{mine.folder}/doveconf")
    os.symlink("/bin/sh", f"{mine.folder}/doveconf")  # sh -c CONFIGURATION
    mine.give(NOBODY)
    attack = mine.spawn(mine.dovecot, mine.config)
    looked, until_time = 0, time.monotonic() + 12
    while time.monotonic() < until_time and not mine.was_run():
        subprocess.run([*SLOWLY, DAEMON, "--doctor"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        looked += 1
    end(attack)
    report.check(not mine.was_run(), f"a dovecot that becomes a set-uid program: {looked} looks, nothing run")


def the_real_one_is_found(report):
    with Lab(accounts=2) as lab:
        def found(document):
            return any(lab.folder in socket for server in document["servers"] for socket in server["auth"])
        document = doctor()
        report.check(found(document), "the Dovecot that runs is found", str(document))
        os.chmod(lab.config_file, 0o600)
        shutil.copy(DAEMON, f"{lab.folder}/waxseald")
        # as the unit has it: no root, so doveconf cannot read the configuration
        document = doctor("setpriv", "--reuid", "nobody", "--regid", "nogroup", "--clear-groups",
                          "--no-new-privs", f"--inh-caps=-all,{AMBIENT}", f"--ambient-caps=-all,{AMBIENT}")
        report.check(found(document), "also without root, with a configuration that only root can read",
                     str(document))


def a_look_without_end(report):
    """What looks is stopped, as by a file system that does not answer: the daemon starts without it."""
    slow = Attacker(owner=0)
    with open(f"{slow.folder}/doveconf", "w") as file:
        file.write("#!/bin/sh\nsleep 4\n")
    process = slow.spawn(user=0)
    with Sensor(None, wait_ready=False) as sensor:
        lookers = []
        until(lambda: lookers.extend(pid for pid in tidy.descendants(sensor.pid)
                                     if name_of(pid) == "waxseald-look") or lookers, seconds=10)
        report.check(bool(lookers), "discovery is a process of its own")
        for pid in lookers:
            os.kill(pid, signal.SIGSTOP)
        ready = until(lambda: "is ready" in sensor.log(), seconds=90)
        report.check(ready and "was not found out in 20 s" in sensor.log(),
                     "the daemon starts without its answer, and says so", sensor.log()[-2000:])
        report.check(not any(name_of(pid) == "waxseald-look" for pid in tidy.descendants(sensor.pid)),
                     "and ends it")
    end(process)


def name_of(pid):
    try:
        with open(f"/proc/{pid}/comm") as comm:
            return comm.read().strip()
    except OSError:
        return ""


def files_that_wait(report, lab):
    """Replaced by the mail user while the daemon runs and while it does not."""
    folder = f"{lab.folder}/logins"
    os.mkdir(folder, 0o755)
    os.chown(folder, lab.uid, lab.gid)
    login, roster = f"{folder}/last-login", f"{folder}/roster"

    def fifo(path):
        os.mkfifo(path)

    def link(path):
        os.symlink("/dev/zero", path)

    def link_to_secrets(path):
        os.symlink("/etc/shadow", path)

    def sparse(path):
        with open(path, "wb") as file:
            file.truncate(1 << 40)

    def one_line(path):
        with open(path, "wb") as file:
            file.truncate(1 << 30)

    kinds = ((fifo, "not a regular file"), (link, "is a link"), (link_to_secrets, "is a link"),
             (sparse, "bytes; allowed"), (one_line, None))
    settings = {"detect": {"last_login": login, "roster": roster, "learn_days": "0"}}
    sensor = Sensor(lab, settings)
    with stopped(sensor):
        for make, words in kinds:
            for path in (login, roster):
                if os.path.lexists(path):
                    os.unlink(path)
                make(path)
                os.lchown(path, lab.uid, lab.gid)
            started = time.monotonic()
            if sensor.process:
                os.kill(sensor.pid, signal.SIGHUP)
            else:
                sensor.start()
            time.sleep(1.5)
            before = sensor.api("/v1/status")["tick"]["count"]
            ticks = until(lambda: sensor.api("/v1/status")["tick"]["count"] >= before + 2, seconds=15)
            problems = lambda: [line for line in sensor.cli("--json", "doctor")["problems"]
                                if folder in line]
            said = not words or until(lambda: any(words in line for line in problems()), seconds=15)
            report.check(ticks and said, f"last logins and roster become: {make.__name__}",
                         [f"{time.monotonic() - started:.1f} s", str(problems())])
            if make is not fifo:
                continue
            sensor.halt()
            sensor.start()
            report.check(sensor.api("/v1/status")["tick"] is not None, "and over a restart")


def refused(report, sensor, words, what, *, status=2):
    for task in (["--check-config"], []):
        if status != 2 and task:
            continue
        done = subprocess.run([DAEMON, *task, "--config", sensor.config_file], capture_output=True, text=True,
                              timeout=30)
        lines = done.stderr.strip().splitlines()
        report.check(done.returncode == status and len(lines) == 1 and all(word in lines[0] for word in words),
                     f"{what}{' (--check-config)' if task else ''}: exit {status} and one line",
                     f"{done.returncode} {done.stderr}")


def settings_of_others(report):
    sensor = Sensor(None, {"daemon": {"discover": "no"}})
    with stopped(sensor):
        path, folder = sensor.config_file, f"{sensor.config_file}.d"
        os.chmod(path, 0o646)
        refused(report, sensor, (path, "mode 0646"), "a configuration that anybody may write")
        os.chmod(path, 0o644)
        os.chown(path, NOBODY, NOBODY)
        refused(report, sensor, (path, f"user {NOBODY}"), "a configuration of nobody's")
        os.chown(path, 0, 0)
        os.mkdir(folder)
        os.chmod(folder, 0o777)
        refused(report, sensor, (folder, "mode 0777"), "a folder of drop-ins that anybody may write")
        os.chmod(folder, 0o755)
        os.mkfifo(f"{folder}/10.conf")
        refused(report, sensor, (f"{folder}/10.conf", "regular"), "a drop-in that is a FIFO")
        os.unlink(f"{folder}/10.conf")
        os.symlink("/dev/zero", f"{folder}/10.conf")
        refused(report, sensor, (f"{folder}/10.conf", "/dev/zero"), "a drop-in that is /dev/zero")
        os.unlink(f"{folder}/10.conf")
        os.chmod(sensor.folder, 0o777)
        refused(report, sensor, (sensor.folder, "mode 0777"), "a folder that anybody may write")
        os.chmod(sensor.folder, 0o700)
        os.chmod(sensor.state_dir, 0o777)
        refused(report, sensor, (sensor.state_dir, "others"), "state that anybody may write", status=1)
        os.chmod(sensor.state_dir, 0o700)


def pins_of_others(report, lab):
    sensor = Sensor(lab)
    with stopped(sensor):
        pins = "/sys/fs/bpf/waxseal" + "".join(c if c.isalnum() else "-" for c in sensor.state_dir)
        if not os.path.ismount("/sys/fs/bpf"):
            print("    (no bpffs is mounted: pins are not looked at)")
            return
        os.mkdir(pins)
        try:
            os.chown(pins, NOBODY, NOBODY)
            sensor.start()
            report.check(f"{pins} is not used: " in sensor.log() and not os.listdir(pins),
                         "a pin folder of nobody's is not used", sensor.log()[-1000:])
            sensor.halt()
        finally:
            os.rmdir(pins)


def a_sink_that_comes_late(report, lab):
    later = f"{lab.folder}/later"
    settings = {"alert jsonl": {"enabled": "yes", "path": f"{later}/alerts"},
                "detect": {"learn_days": "0"}}
    with Sensor(lab, settings) as sensor:
        report.check("alerts do not go to jsonl at present" in sensor.log(), "a sink's folder is missing: said")
        subprocess.run(["cat", lab.passwd_file], stdout=subprocess.DEVNULL, check=True)
        raised = lambda: [one for one in sensor.alerts() if one["detector"] == "credential_reader"]
        report.check(bool(until(raised)), "an alert is raised meanwhile", str(sensor.alerts()))
        os.mkdir(later)
        arrived = until(lambda: os.path.exists(f"{later}/alerts")
                        and raised()[0]["id"] in open(f"{later}/alerts", encoding="utf-8").read())
        lost = sensor.api("/v1/status")["lost"].get("alert_jsonl", 0)
        report.check(bool(arrived), "it waits, and arrives when the folder is there", sensor.log()[-1000:])
        report.check(lost == 0, "nothing is lost", str(lost))


def main():
    require_root_and_programs(NAME)
    report = Report(NAME)
    programs_of_others(report)
    programs_in_mounts(report)
    programs_that_change(report)
    the_real_one_is_found(report)
    a_look_without_end(report)
    settings_of_others(report)
    with Lab(accounts=2) as lab:
        files_that_wait(report, lab)
        pins_of_others(report, lab)
        a_sink_that_comes_late(report, lab)
    report.finish()


if __name__ == "__main__":
    main()
