"""A Runtime API as Lambda has one, on loopback: it hands events to a runtime, and keeps what that answers."""

import json
import os
import queue
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple

PATIENCE = 60.0
ARN = "arn:aws:lambda:us-east-1:123456789012:function:tocsin-sync:live"


class Answer(NamedTuple):
    """What the runtime sent back: ``kind`` is response, error or init/error."""

    kind: str
    request_id: str
    body: dict


class RuntimeApi:
    """Serves one runtime."""

    def __init__(self):
        self._events = queue.Queue()
        self.answers = queue.Queue()
        api = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                event = api._events.get()
                if event is None:
                    self._reply(500, b"{}", {})
                    return
                request_id, body, seconds = event
                headers = {
                    "Lambda-Runtime-Aws-Request-Id": request_id,
                    "Lambda-Runtime-Deadline-Ms": str(int((time.time() + seconds) * 1000)),
                    "Lambda-Runtime-Invoked-Function-Arn": ARN,
                }
                self._reply(200, json.dumps(body).encode(), headers)

            def do_POST(self):
                if self.headers.get("Transfer-Encoding") == "chunked":
                    body = b""
                    while size := int(self.rfile.readline(), 16):
                        body += self.rfile.read(size)
                        self.rfile.readline()
                    self.rfile.readline()
                else:
                    body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                parts = self.path.split("/")
                init = self.path.endswith("/init/error")
                kind, request_id = ("init/error", "") if init else (parts[-1], parts[-2])
                api.answers.put(Answer(kind, request_id, json.loads(body)))
                self._reply(202, b"{}", {})

            def _reply(self, status, body, headers):
                self.send_response(status)
                for name, value in {**headers, "Content-Type": "application/json"}.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    @property
    def address(self):
        """The address as AWS_LAMBDA_RUNTIME_API has it."""
        return f"127.0.0.1:{self._server.server_port}"

    def invoke(self, request_id, *, seconds=50.0, event=None):
        """Hand an event over; return the answer."""
        self._events.put((request_id, event or {"source": "aws.scheduler"}, seconds))
        return self.answers.get(timeout=PATIENCE)

    def close(self):
        """Refuse the next question and stop."""
        self._events.put(None)
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


# The runtime client as Lambda starts it: nothing but these folders and Python's own library. At its end it tells what it
# imported, and from where.
START = """
import atexit, json, runpy, sys
task, runtime, told, handler = sys.argv[1:]
sys.path[:0] = [task, runtime]

def tell():
    modules = [(name, getattr(module, "__file__", None)) for name, module in sys.modules.items()]
    with open(told, "w") as file:
        json.dump({name: path for name, path in modules if path}, file)

atexit.register(tell)
sys.argv[1:] = [handler]
runpy.run_module("awslambdaric", run_name="__main__", alter_sys=True)
"""


class Runtime:
    """The real runtime client in a process of its own, with folders that cannot be written to; it logs to ``home``."""

    def __init__(self, folders, home, handler="lambda_handler", **environ):
        self.api = RuntimeApi()
        self._log = home / "log"
        self._told = home / "imported.json"
        self._file = self._log.open("ab")
        # -I and -S: no environment, no current folder, no installed packages.
        command = [
            sys.executable,
            "-I",
            "-S",
            "-c",
            START,
            folders.task,
            folders.runtime,
            self._told,
            f"lambda_function.{handler}",
        ]
        self._process = subprocess.Popen(
            [str(one) for one in command],
            cwd=folders.task,
            env={
                "PATH": os.environ.get("PATH", ""),
                "LANG": "en_US.UTF-8",
                "TZ": ":UTC",
                "AWS_LAMBDA_RUNTIME_API": self.api.address,
                "AWS_LAMBDA_FUNCTION_NAME": "tocsin-sync",
                "AWS_LAMBDA_FUNCTION_VERSION": "1",
                "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
                "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/tocsin-sync",
                "AWS_LAMBDA_LOG_STREAM_NAME": "stream",
                "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
                "LAMBDA_TASK_ROOT": str(folders.task),
                "_HANDLER": f"lambda_function.{handler}",
                **environ,
            },
            stdin=subprocess.DEVNULL,
            stdout=self._file,
            stderr=subprocess.STDOUT,
        )

    @property
    def said(self):
        """Everything that it wrote so far."""
        return self._log.read_text(encoding="utf-8")

    @property
    def imported(self):
        """The file of every module that it imported, by the module's name. It must have ended."""
        return {name: Path(path) for name, path in json.loads(self._told.read_text(encoding="utf-8")).items()}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.api.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._file.close()
