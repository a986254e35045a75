# SPDX-License-Identifier: GPL-2.0-or-later
"""A waxseald of a test's own: its configuration, folders and readiness; API and command line."""
import http.client
import json
import os
import shutil
import socket
import subprocess
import tempfile
import threading
import time
import urllib.parse
import urllib.parse
import urllib.request

from harness import tidy
from harness.lab import AUTH_PROGRAM, free_ports

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
DAEMON = os.environ.get("WAXSEALD", f"{ROOT}/build/waxseald")
CLI = os.environ.get("WAXSEAL", f"{ROOT}/build/waxseal")


def is_built():
    return os.access(DAEMON, os.X_OK) and os.access(CLI, os.X_OK)


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=30)
        self._path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(30)
        self.sock.connect(self._path)


class Sensor:
    """settings: {section: {key: value or list of values}}, over the defaults for a lab. With lab
    None nothing is configured but the folders and the port: discovery has to find the rest."""

    def __init__(self, lab=None, settings=None, wait_ready=True):
        self.folder = tempfile.mkdtemp(prefix="ws", dir="/tmp")
        tidy.on_exit(self.stop)
        self.config_file = f"{self.folder}/waxseal.conf"
        self.log_file = f"{self.folder}/log"
        self.jsonl_file = f"{self.folder}/alerts.jsonl"
        self.state_dir, self.runtime_dir = f"{self.folder}/state", f"{self.folder}/run"
        self.socket_path = f"{self.runtime_dir}/waxseal.sock"
        self.port = free_ports(("metrics",))["metrics"]
        self.process = None
        self._notify_path = f"{self.folder}/notify"
        self._notify = None
        self._ready = threading.Event()
        self._wait_ready = wait_ready
        os.mkdir(self.state_dir, 0o700)
        os.mkdir(self.runtime_dir, 0o755)
        self._write_config(lab, settings or {})

    def _write_config(self, lab, settings):
        config = {
            "daemon": {"state_dir": self.state_dir, "runtime_dir": self.runtime_dir},
            "http": {"listen": f"127.0.0.1:{self.port}"},
        }
        if lab:
            config["alert journal"] = {"enabled": "no"}
            config["alert jsonl"] = {"enabled": "yes", "path": self.jsonl_file}
            config["daemon"]["discover"] = "no"
            config["mail"] = {"root": lab.root_template}
            config["credentials"] = {"store": lab.passwd_file, "allow": AUTH_PROGRAM}
        for section, keys in settings.items():
            config.setdefault(section, {}).update(keys)
        with open(self.config_file, "w") as out:
            for section, keys in config.items():
                out.write(f"[{section}]\n")
                for key, values in keys.items():
                    for value in values if isinstance(values, (list, tuple)) else [values]:
                        if value is not None:
                            out.write(f"{key} = {value}\n")

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_exception):
        self.stop()

    def start(self, program=DAEMON):
        self._listen_for_readiness()
        self.process = subprocess.Popen(
            [program, "--config", self.config_file], stdin=subprocess.DEVNULL,
            stdout=open(self.log_file, "a"), stderr=subprocess.STDOUT,
            env=dict(os.environ, NOTIFY_SOCKET=self._notify_path),
            preexec_fn=tidy.die_with_parent)
        deadline = time.monotonic() + 60
        while self._wait_ready and not self._ready.wait(0.05):
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"waxseald did not become ready: {self.log()}")

    def _listen_for_readiness(self):
        """What systemd does for a service of Type=notify. Descriptors that come along are not
        taken, so that none outlives the daemon."""
        self._ready.clear()
        if os.path.exists(self._notify_path):
            os.unlink(self._notify_path)
        self._notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._notify.bind(self._notify_path)
        os.chmod(self._notify_path, 0o666)

        def listen(sock):
            try:
                while message := sock.recv(4096):
                    if b"READY=1" in message.split(b"\n"):
                        self._ready.set()
            except OSError:
                pass
        threading.Thread(target=listen, args=(self._notify,), daemon=True).start()

    def halt(self):
        """Ends the daemon and keeps its folder. Returns its exit status."""
        status = None
        if self.process:
            tidy.stop_tree(self.process, 20)
            status = self.process.returncode
            self.process = None
        if self._notify:
            try:
                self._notify.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            self._notify.close()
            self._notify = None
        return status

    def stop(self):
        tidy.forget(self.stop)
        self.halt()
        # a daemon that was killed leaves its programs to the next one: here there is none
        subprocess.run([DAEMON, "--detach", "--config", self.config_file],
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def pid(self):
        return self.process.pid

    def log(self):
        try:
            with open(self.log_file, errors="replace") as log:
                return log.read()
        except FileNotFoundError:
            return ""

    def request(self, path):
        """Returns (status, body) of a GET over the Unix socket."""
        connection = UnixConnection(self.socket_path)
        try:
            connection.request("GET", path)
            reply = connection.getresponse()
            return reply.status, reply.read()
        finally:
            connection.close()

    def api(self, path):
        """The document at path; None when there is no such thing (404)."""
        status, body = self.request(path)
        if status == 404:
            return None
        if status != 200:
            raise RuntimeError(f"{path}: {status} {body[:200]!r}")
        return json.loads(body)

    def account(self, name):
        return self.api("/v1/accounts/" + urllib.parse.quote(name, safe=""))

    def source(self, address):
        return self.api("/v1/sources/" + urllib.parse.quote(address, safe=""))

    def alerts(self):
        """All of them: an answer is a page."""
        alerts, after = [], ""
        while True:
            page = self.api(f"/v1/alerts{after}")
            alerts += page["alerts"]
            if not page.get("next"):
                return alerts
            after = f"?after={urllib.parse.quote(str(page['next']))}"

    def metrics(self):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=30) as reply:
            return reply.read().decode()

    def run_cli(self, *arguments):
        return subprocess.run([CLI, "--socket", self.socket_path, *arguments],
                              capture_output=True, text=True, timeout=60)

    def cli(self, *arguments):
        """The command line's output; parsed when --json was asked for."""
        result = self.run_cli(*arguments)
        if result.returncode != 0:
            raise RuntimeError(f"waxseal {' '.join(arguments)}: {result.stderr}")
        return json.loads(result.stdout) if "--json" in arguments else result.stdout

    def rss_kb(self):
        with open(f"/proc/{self.pid}/status") as status:
            for line in status:
                if line.startswith("VmRSS:"):
                    return int(line.split()[1])
        return 0

    def program_ids(self):
        return sorted(descriptor_ids(self.pid, "prog_id"))

    def map_ids(self):
        return sorted(descriptor_ids(self.pid, "map_id"))


def descriptor_ids(pid, field):
    """The BPF objects that a process holds by descriptor, by their ids."""
    ids = set()
    try:
        entries = os.listdir(f"/proc/{pid}/fdinfo")
    except OSError:
        return ids
    for entry in entries:
        try:
            with open(f"/proc/{pid}/fdinfo/{entry}") as lines:
                ids.update(int(line.split()[1]) for line in lines if line.startswith(field + ":"))
        except OSError:
            continue
    return ids


def all_program_ids():
    shown = subprocess.run(["/usr/sbin/bpftool", "prog", "list", "--json"], capture_output=True,
                           text=True, check=True).stdout
    return {program["id"] for program in json.loads(shown or "[]")}


def leftover_programs(before, seconds=10):
    """Programs that are new since `before` and that no living process holds: those of a daemon that
    runs beside this test are its own business. One that was killed has its programs kept until
    its successor runs, so this looks again for a while."""
    deadline = time.monotonic() + seconds
    new = all_program_ids() - before
    while new:
        new &= all_program_ids()
        for pid in filter(str.isdigit, os.listdir("/proc")):
            new -= descriptor_ids(pid, "prog_id")
        if time.monotonic() > deadline:
            break
        time.sleep(0.2)
    return new
