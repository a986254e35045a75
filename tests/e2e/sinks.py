#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Alerts reach a web service, the system log and a real Alertmanager, and none of them delays a
tick: the web service is away at first, its password stands in no log, and what is over is resolved.
"""
import http.server
import json
import os
import re
import socket
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import threading
import time
import urllib.error
import urllib.request

from harness import tidy
from harness.lab import Lab, free_ports
from harness.report import Report, require_root_and_programs, until
from harness.sensor import Sensor

NAME = "sinks"
ALERTMANAGER = "/usr/bin/prometheus-alertmanager"
SECRET = "Xk3uCq0aZt7"
QUIET_SECONDS = 60


class WebService:
    """Keeps what is posted to it."""

    def __init__(self, port):
        received = self.received = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                received.append((self.headers, json.loads(body)))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_arguments):
                pass
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self):
        self._server.shutdown()
        self._server.server_close()

    def alerts(self, state):
        return [alert for _headers, alert in self.received if alert["state"] == state]


class Alertmanager:
    def __init__(self, folder, port):
        self._folder, self._port, self._process = folder, port, None
        with open(f"{folder}/alertmanager.yml", "w") as config:
            config.write("route: {receiver: nobody}\nreceivers: [{name: nobody}]\n")
        tidy.on_exit(self.stop)

    def start(self):
        """Without what an earlier one knew."""
        self._process = subprocess.Popen(
            [ALERTMANAGER, f"--config.file={self._folder}/alertmanager.yml",
             f"--storage.path={self._folder}/{time.time()}", "--cluster.listen-address=",
             f"--web.listen-address=127.0.0.1:{self._port}"], stdin=subprocess.DEVNULL,
            stdout=open(f"{self._folder}/alertmanager.log", "a"), stderr=subprocess.STDOUT,
            preexec_fn=tidy.die_with_parent)
        until(lambda: self.alerts() is not None)

    def stop(self):
        if self._process:
            tidy.stop_tree(self._process)
            self._process = None

    def alerts(self):
        """What it takes for active; None when it does not answer."""
        try:
            url = f"http://127.0.0.1:{self._port}/api/v2/alerts"
            with urllib.request.urlopen(url, timeout=5) as reply:
                return json.load(reply)
        except (OSError, urllib.error.URLError):
            return None

    def of(self, detector):
        return [alert for alert in self.alerts() or []
                if alert["labels"]["alertname"] == detector]


def read_store(lab):
    """With a program of its own, which makes the alert the lab's."""
    cat = f"{lab.folder}/cat"
    if not os.path.exists(cat):
        subprocess.run(["cp", "/bin/cat", cat], check=True)
    subprocess.run([cat, lab.passwd_file], stdout=subprocess.DEVNULL, check=True)
    return cat


def raised(sensor, cat):
    return [alert for alert in sensor.alerts() if alert["subject"]["name"].endswith(cat)]


def web_service(report, sensor, alert, port):
    report.check(until(lambda: "webhook does not take alerts" in sensor.log()),
                 "a web service that is away is said", sensor.log()[-300:])
    service = WebService(port)
    arrived = until(lambda: [one for one in service.alerts("active") if one["id"] == alert["id"]],
                    30)
    report.check(arrived, "and gets the alert when it is there", str(service.received))
    if arrived:
        report.check(all(arrived[0][key] == alert[key] for key in ("detector", "subject", "message",
                                                                   "severity", "time")),
                     "as `waxseal alerts` tells it", f"{arrived[0]} {alert}")
    report.check(until(lambda: "webhook takes alerts again" in sensor.log()), "which is said, too")
    return service


def system_log(report, log, alert):
    lines = []
    while True:
        try:
            lines.append(log.recv(65536).decode())
        except BlockingIOError:
            break
    found = [line for line in lines if re.match(r"<\d+>\w{3} .\d \S+ waxseald\[\d+\]: ", line)
             and alert["message"] in line and alert["id"] in line]
    report.check(found, "the system log has it in one line", str(lines))


def in_alertmanager(report, manager, alert, what):
    found = until(lambda: manager.of(alert["detector"]), 30)
    report.check(found, f"{what}: the Alertmanager shows it", str(manager.alerts()))
    if not found:
        return
    labels, notes = found[0]["labels"], found[0]["annotations"]
    report.check(labels["severity"] == alert["severity"] and
                 labels["subject"] == alert["subject"]["name"] and
                 notes["summary"] == alert["message"] and notes["id"] == alert["id"] and
                 found[0]["startsAt"] == alert["time"] and found[0]["status"]["state"] == "active",
                 "with its labels, sentence and time", f"{found[0]} {alert}")


def over(report, sensor, manager, service, alert):
    is_over = lambda: [one for one in sensor.alerts() if one["id"] == alert["id"]][0]["state"] == "over"
    report.check(until(is_over, QUIET_SECONDS + 30), f"quiet for {QUIET_SECONDS} s: over")
    report.check(until(lambda: not manager.of(alert["detector"]), 10),
                 "the Alertmanager takes it for resolved", str(manager.alerts()))
    report.check(until(lambda: [one for one in service.alerts("over") if one["id"] == alert["id"]],
                       10), "the web service is told", str(service.received))


def main():
    require_root_and_programs(NAME)
    report = Report(NAME)
    ports = free_ports(("webhook", "alertmanager"))
    with Lab(accounts=2) as lab:
        log = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        log.bind(f"{lab.folder}/log")
        log.setblocking(False)
        manager = Alertmanager(lab.folder, ports["alertmanager"])
        manager.start()
        settings = {
            "alert": {"quiet": f"{QUIET_SECONDS}s"},
            "alert syslog": {"enabled": "yes", "path": f"{lab.folder}/log"},
            "alert webhook": {"enabled": "yes",
                              "url": f"http://watch:{SECRET}@127.0.0.1:{ports['webhook']}/hook"},
            "alert alertmanager": {"enabled": "yes",
                                   "url": f"http://127.0.0.1:{ports['alertmanager']}"},
        }
        with Sensor(lab, settings) as sensor:
            cat = read_store(lab)
            alert = (until(lambda: raised(sensor, cat)) or [None])[0]
            report.check(alert, "an alert is raised", str(sensor.alerts()))
            service = web_service(report, sensor, alert, ports["webhook"])
            system_log(report, log, alert)
            in_alertmanager(report, manager, alert, "raised")
            status = sensor.api("/v1/status")
            report.check(status["tick"]["last_ms"] < 1000 and not any(
                count for stage, count in status["lost"].items() if stage.startswith("alert_")),
                "nothing was lost or delayed", str(status["lost"]))
            manager.stop()
            sensor.halt()
            manager.start()
            sensor.start()
            in_alertmanager(report, manager, alert, "a new daemon, an Alertmanager that forgot")
            over(report, sensor, manager, service, alert)
            report.check(SECRET not in sensor.log(), "the password of the address is in no log")
            service.stop()
        manager.stop()
    report.finish()


if __name__ == "__main__":
    main()
