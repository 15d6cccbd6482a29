"""A street of real programs on loopback: something with errors, Prometheus, Alertmanager, and Tocsin at its end."""

import http.server
import os
import re
import socket
import sys
import threading
import urllib.error
import urllib.request
from pathlib import Path

from tests.entrypoints.command_line import ROOT, process, process_environment
from tests.entrypoints.serving import ask
from tests.guarded import Guarded, until

SCRAPED = """
global: {{scrape_interval: 250ms, evaluation_interval: 500ms, external_labels: {{cluster: test}}}}
rule_files: [rules.yml]
scrape_configs:
  - job_name: app
    static_configs: [{{targets: ["127.0.0.1:{target}"]}}]
alerting:
  alertmanagers:
    - static_configs: [{{targets: {alertmanagers}}}]
"""

RULES = """
groups:
  - name: app
    rules:
      - alert: HighErrorRate
        expr: app_errors > 5
        labels: {severity: critical, service: checkout, environment: prod, team: payments}
        annotations:
          summary: errors on {{ $labels.host }}
          runbook_url: https://runbooks.example/high-error-rate
"""

ROUTED = """
route: {{receiver: tocsin, group_by: [alertname], group_wait: 500ms, group_interval: 1s, repeat_interval: {repeat}}}
receivers:
  - name: tocsin
    webhook_configs:
      - url: {url}/api/v1/webhooks/alertmanager
        send_resolved: true
        http_config: {{authorization: {{credentials_file: tocsin.key}}}}
"""


def free_port():
    """Return a port of loopback that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def programs():
    """Return where Prometheus and Alertmanager were unpacked, or None if ``PEERS`` does not say so."""
    folder = Path(os.environ.get("PEERS") or ROOT / "nowhere").resolve()
    there = (folder / "usr" / "bin" / name for name in ("prometheus", "prometheus-alertmanager"))
    return folder if all(one.is_file() for one in there) else None


def answers(url):
    """Say whether something at ``url`` says that all is well."""
    try:
        with urllib.request.urlopen(url, timeout=2):
            return True
    except (urllib.error.URLError, OSError):
        return False


class Target:
    """What Prometheus looks at. ``errors`` holds how many each host has; more than 5 are too many."""

    def __init__(self):
        self.errors = {}
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def _handler(self):
        target = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                lines = [f'app_errors{{host="{host}"}} {number}\n' for host, number in list(target.errors.items())]
                self.send_response(200)
                self.send_header("Content-Type", "text/plain; version=0.0.4")
                self.end_headers()
                self.wfile.write("".join(lines).encode())

            def log_message(self, *_):
                pass

        return Handler

    def close(self):
        """End it."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class Program:
    """A program that can be ended and started again, on the same port and with the same folder."""

    def __init__(self, folder, command, *, ready, cwd=None, env=None):
        folder.mkdir(exist_ok=True)
        self.url = ready
        self._command = command
        self._cwd = cwd or folder
        self._env = env or {"PATH": os.environ.get("PATH", ""), "HOME": str(folder)}
        self._log = folder / "log"
        self._running = None

    @property
    def said(self):
        """The end of what it said."""
        return f"{self._log}:\n{self._log.read_text('utf-8', 'replace')[-4_000:]}"

    def start(self):
        """Start it, and wait until it is ready."""
        self._running = Guarded(self._command, cwd=self._cwd, env=self._env, log=self._log)
        until(lambda: answers(self.url), what=lambda: self.said)
        return self

    def tell(self, number):
        """Send it a signal."""
        self._running.tell(number)

    def kill(self):
        """End it at this instant, whatever it is doing."""
        self._running.kill()
        self._running = None

    def close(self):
        """End it, if it runs."""
        if self._running is not None:
            self._running.leave()


class Street:
    """All of them, in ``folder``. Nothing runs until it is started."""

    def __init__(self, peers, folder, *, repeat="1h", alertmanagers=1, **settings):
        self._folder = folder
        self._peers = peers
        self.target = Target()
        self._settings = {"SETTLE_SECONDS": "1", **settings}
        self.store = f"json:{folder / 'incidents.json'}"
        self.tocsin = self._tocsin()
        self.key = self.command("key", "create", "alertmanager", "--scope", "alerts:write").out.strip()
        self._reader = self.command("key", "create", "reader", "--scope", "incidents:read").out.strip()
        self.alertmanagers = [self._alertmanager(folder / f"alertmanager-{n}", repeat) for n in range(alertmanagers)]
        self.prometheus = self._prometheus(folder / "prometheus")

    def start(self):
        """Start everything."""
        for one in (self.tocsin, *self.alertmanagers, self.prometheus):
            one.start()
        return self

    def close(self):
        """End everything, the senders first."""
        for one in (self.prometheus, *self.alertmanagers, self.tocsin, self.target):
            one.close()

    def command(self, *arguments):
        """Run a command of ours beside the server, on the same store."""
        said = process(self._folder, *arguments, "--store", self.store, **self._settings)
        assert said.status == 0, said.err
        return said

    def ask(self, path):
        """Return what the server answers to somebody who may read."""
        reply = ask(self.url, "GET", f"/api/v1{path}", authorization=f"Bearer {self._reader}")
        assert reply.status == 200, reply.body
        return reply.json

    def incidents(self):
        """Return all incidents, newest first."""
        return self.ask("/incidents")["incidents"]

    def alerts(self):
        """Return the alerts by host."""
        found = self.ask("/alerts?source=alertmanager")["alerts"]
        return {one["title"].rpartition(" ")[2]: one for one in found}

    def firing(self):
        """Return the hosts whose alerts fire, as Tocsin sees it."""
        return {host for host, one in self.alerts().items() if one["firing"]}

    def figure(self, name):
        """Return what Alertmanager's own metrics say of its webhook."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.alertmanagers[0].port}/metrics", timeout=5) as answer:
            said = answer.read().decode()
        found = re.findall(rf'^{name}{{[^}}]*integration="webhook"[^}}]*}} (\S+)$', said, re.MULTILINE)
        assert found, name
        return sum(map(float, found))

    def _tocsin(self):
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        command = [sys.executable, ROOT / "cli.py", "serve", "--port", port, "--store", self.store]
        environ = process_environment(self._folder, **self._settings)
        return Program(self._folder / "tocsin", command, ready=f"{self.url}/health", env=environ)

    def _alertmanager(self, folder, repeat):
        folder.mkdir()
        (folder / "tocsin.key").write_text(self.key)
        (folder / "alertmanager.yml").write_text(ROUTED.format(url=self.url, repeat=repeat))
        port = free_port()
        command = [
            self._peers / "usr/bin/prometheus-alertmanager",
            f"--config.file={folder / 'alertmanager.yml'}",
            f"--storage.path={folder / 'data'}",
            f"--web.listen-address=127.0.0.1:{port}",
            "--cluster.listen-address=",
        ]
        # Its templates are found from there.
        made = Program(folder, command, ready=f"http://127.0.0.1:{port}/-/ready", cwd=self._peers)
        made.port = port
        return made

    def _prometheus(self, folder):
        folder.mkdir()
        others = [f"127.0.0.1:{one.port}" for one in self.alertmanagers]
        (folder / "prometheus.yml").write_text(SCRAPED.format(target=self.target.port, alertmanagers=others))
        (folder / "rules.yml").write_text(RULES)
        port = free_port()
        command = [
            self._peers / "usr/bin/prometheus",
            f"--config.file={folder / 'prometheus.yml'}",
            f"--storage.tsdb.path={folder / 'data'}",
            f"--web.listen-address=127.0.0.1:{port}",
            "--rules.alert.resend-delay=1s",
        ]
        return Program(folder, command, ready=f"http://127.0.0.1:{port}/-/ready")
