"""Stand-ins for DynamoDB: moto in this process, and ministack as a server of its own on loopback."""

import contextlib
import os
import socket
import threading
import urllib.error
import urllib.request
import uuid
from pathlib import Path

import boto3
from botocore.config import Config

from tests.guarded import Guarded, until
from tocsin.storage.dynamodb_store import DynamoDbStore
from tocsin.storage.dynamodb_table import TABLE

ROOT = Path(__file__).resolve().parents[1]
REGION = "us-east-1"
KEYS = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing", "region_name": REGION}


class OneAtATime:
    """A client that makes one call at a time, for a stand-in that does not survive two."""

    def __init__(self, client):
        self._client = client
        self._lock = threading.RLock()

    def __getattr__(self, name):
        asked = getattr(self._client, name)
        if not callable(asked):
            return asked

        def call(*args, **options):
            with self._lock:
                return asked(*args, **options)

        return call


PLAIN = {what: said for what, said in TABLE.items() if what not in ("SSESpecification", "StreamSpecification")}
"""The table without what nobody reads here: moto makes an RSA key for the one, and copies the other anew."""


def a_table(client):
    """Make a table of its own and return its name. It forgets nothing: tests live at a noon of their own."""
    name = f"incidents-{uuid.uuid4().hex[:12]}"
    client.create_table(**{**PLAIN, "TableName": name, "DeletionProtectionEnabled": False})
    return name


def a_store(client, **options):
    """Return a store on a table of its own."""
    return DynamoDbStore(client, a_table(client), **options)


def moto_client():
    """Return a client for a table in this process; it must be used under moto's mock."""
    import moto  # noqa: F401  # hooks itself into whatever client is made from here on

    # A session of its own: the default one may be older than moto's hooks, and would ask AWS itself.
    return OneAtATime(boto3.session.Session().client("dynamodb", **KEYS))


def ministack_program():
    """Return where ministack is, a tool with an environment of its own, or None if ``MINISTACK`` does not say so."""
    program = Path(os.environ.get("MINISTACK") or ROOT / "nowhere")
    return program.resolve() if program.is_file() else None


SESSION = boto3.session.Session()  # shared: what a client is described by is read once, and by no forked process again


def connect(url):
    """Return a client of the server at ``url``."""
    retries = {"mode": "standard", "total_max_attempts": 1}
    config = Config(retries=retries, connect_timeout=2, read_timeout=10, max_pool_connections=20)
    return SESSION.client("dynamodb", endpoint_url=url, config=config, **KEYS)


@contextlib.contextmanager
def ministack(folder):
    """Run ministack for as long as it is needed; give its address."""
    program = ministack_program()
    assert program is not None
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environ = {
        "PATH": os.environ.get("PATH", ""),
        "HOME": str(folder),
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "IOT_MTLS_ENABLED": "0",
    }
    url = f"http://127.0.0.1:{port}"
    with Guarded([program], cwd=folder, env=environ, log=folder / "ministack.log") as server:
        until(lambda: answers(url), what=lambda: server.said)
        yield url


def answers(url):
    """Say whether the server at ``url`` is there."""
    try:
        with urllib.request.urlopen(f"{url}/_ministack/health", timeout=2):
            return True
    except (urllib.error.URLError, OSError):
        return False


def names_of(client):
    """Return the names of all tables, however many there are."""
    return [name for page in client.get_paginator("list_tables").paginate() for name in page["TableNames"]]
