"""A server that answers what it is told."""

import contextlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Scripted(BaseHTTPRequestHandler):
    """Answers what it is told, one after the other; keeps what came."""

    answers: list[tuple[int, bytes]]
    asked: list[tuple[str, str]]

    def do_POST(self):
        """Answer the next."""
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.asked.append((self.path, self.headers.get("Idempotency-Key")))
        status, body = self.answers.pop(0)
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        """Answer the next."""
        self.do_POST()

    def do_PATCH(self):
        """Answer the next."""
        self.do_POST()

    def log_message(self, *_):
        """Say nothing."""


@contextlib.contextmanager
def scripted_servers():
    """Give a function that starts a server with answers; it returns the address and what came."""
    running = []

    def start(*answers):
        handler = type("Handler", (Scripted,), {"answers": list(answers), "asked": []})
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        running.append((server, thread))
        return f"http://127.0.0.1:{server.server_port}", handler.asked

    yield start
    for server, thread in running:
        server.shutdown()
        server.server_close()
        thread.join()
