"""A proxy on loopback in front of a stand-in for AWS: it sees every request, and may answer in the stand-in's place."""

import http.client
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple
from urllib.parse import parse_qsl, urlsplit

ITEM_ACTIONS = {
    "Put": "dynamodb:PutItem",
    "Update": "dynamodb:UpdateItem",
    "Delete": "dynamodb:DeleteItem",
    "ConditionCheck": "dynamodb:ConditionCheckItem",
}
"""IAM knows no TransactWriteItems: each action in it needs its own permission."""

SERVICES = {
    "DynamoDB_20120810": "dynamodb",
    "secretsmanager": "secretsmanager",
    "AmazonSSM": "ssm",
    "cloudformation": "cloudformation",
}

S3_ACTIONS = {"HEAD": "s3:GetObject", "GET": "s3:GetObject", "PUT": "s3:PutObject", "POST": "s3:PutObject"}

_NAMES = ("SecretId", "Path", "Name", "StackName")
_NOT_HANDED_ON = frozenset({"content-length", "transfer-encoding", "connection", "date", "server"})


class Answer(NamedTuple):
    """What AWS answers."""

    status: int
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()


def an_error(code, message="", status=400):
    """Return an error as the services with a JSON protocol answer it."""
    return Answer(status, json.dumps({"__type": code, "message": message or code}).encode())


class Proxy:
    """``on_request(target, body, forward)`` returns the answer to each request; None hangs up without one.

    ``target`` is the operation as AWS's clients name it (of S3 the method, ``s3.PUT``), ``forward()`` gives the
    stand-in's own answer.
    """

    def __init__(self, url, on_request):
        stand_in = urlsplit(url)

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # An answer in two pieces would wait 40 ms for the first to be acknowledged.
            wbufsize = -1
            disable_nagle_algorithm = True

            def answer(self):
                raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))

                def forward():
                    onward = http.client.HTTPConnection(stand_in.hostname, stand_in.port, timeout=60)
                    headers = {name: value for name, value in self.headers.items() if name.lower() != "host"}
                    onward.request(self.command, self.path, raw, headers)
                    answer = onward.getresponse()
                    said = answer.read()
                    onward.close()
                    return Answer(answer.status, said, tuple(answer.getheaders()))

                answer = on_request(*asked(self.command, self.path, self.headers, raw), forward)
                if answer is None:
                    self.close_connection = True
                    return
                self.send_response(answer.status)
                for name, value in answer.headers:
                    if name.lower() not in _NOT_HANDED_ON:
                        self.send_header(name, value)
                length = dict(answer.headers).get("Content-Length") if self.command == "HEAD" else None
                self.send_header("Content-Length", length or str(len(answer.body)))
                self.end_headers()
                self.wfile.write(answer.body)

            def log_message(self, *_):
                pass

        for method in ("DELETE", "GET", "HEAD", "POST", "PUT"):
            setattr(Handler, f"do_{method}", Handler.answer)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self):
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def asked(method, path, headers, raw):
    """Return the operation of a request and what it asks for, whichever of AWS's protocols it speaks."""
    if "X-Amz-Target" in headers:
        return headers["X-Amz-Target"], json.loads(raw)
    if "x-www-form-urlencoded" in headers.get("Content-Type", ""):
        body = dict(parse_qsl(raw.decode()))
        service = headers["Authorization"].partition("Credential=")[2].split("/")[3]
        return f"{service}.{body['Action']}", body
    return f"s3.{method}", {"Path": urlsplit(path).path}


def permissions(target, body):
    """Yield (IAM action, resource) for one request as AWS's reference of actions has it."""
    prefix, _, operation = target.partition(".")
    if prefix == "s3":
        yield S3_ACTIONS[operation], body["Path"]
        return
    service = SERVICES[prefix]
    match operation:
        case "TransactWriteItems":
            for item in body["TransactItems"]:
                ((kind, action),) = item.items()
                yield ITEM_ACTIONS[kind], f"table/{action['TableName']}"
        case "BatchGetItem" | "BatchWriteItem":
            for table in body["RequestItems"]:
                yield f"dynamodb:{operation}", f"table/{table}"
        case "Query" if "IndexName" in body:
            yield "dynamodb:Query", f"table/{body['TableName']}/index/{body['IndexName']}"
        case _ if service == "dynamodb":
            yield f"dynamodb:{operation}", f"table/{body['TableName']}"
        case _:
            yield f"{service}:{operation}", next((body[name] for name in _NAMES if name in body), None)


class Recorder(Proxy):
    """Hands everything on. ``calls`` holds (IAM action, what it was done to)."""

    def __init__(self, url):
        self.calls = set()
        super().__init__(url, self._record)

    def _record(self, target, body, forward):
        self.calls.update(permissions(target, body))
        return forward()


class Refusing(Proxy):
    """Refuses, as AWS does, whatever needs one of ``refused``: an IAM action, or that and what it is done to."""

    def __init__(self, url, *refused):
        self._refused = frozenset(refused)
        super().__init__(url, self._judge)

    def _judge(self, target, body, forward):
        for action, resource in permissions(target, body):
            if action in self._refused or (action, resource) in self._refused:
                arn = f"arn:aws:dynamodb:us-east-1:123456789012:{resource}"
                message = f"User: arn:aws:iam::123456789012:user/ann is not authorized to perform: {action}"
                return an_error("AccessDeniedException", f"{message} on resource: {arn}")
        return forward()
