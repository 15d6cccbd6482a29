"""A small OIDC issuer on loopback: it describes itself, has keys, signs people in, and does wrong when it is told to."""

import base64
import hashlib
import json
import secrets
import threading
import time
from contextlib import suppress
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, unquote_plus, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from tests.desk import NOON

CLIENT = "tocsin-web"
SECRET = "the client's secret: +/&="
AUDIENCE = "tocsin-api"
DESCRIPTION = "/.well-known/openid-configuration"


@cache
def key_pair(algorithm, number=0):
    """Return a private key; the same one each time, since making one takes a while."""
    match algorithm[:2]:
        case "RS" | "PS":
            return rsa.generate_private_key(65537, 2048)
        case "ES":
            curves = {"ES256": ec.SECP256R1, "ES384": ec.SECP384R1, "ES512": ec.SECP521R1}
            return ec.generate_private_key(curves[algorithm]())
        case _:
            return ed25519.Ed25519PrivateKey.generate()


def jwk(algorithm, number, kid):
    """Return the public half of a key, as it is published."""
    kind = {"RS": RSAAlgorithm, "PS": RSAAlgorithm, "ES": ECAlgorithm}.get(algorithm[:2], OKPAlgorithm)
    public = json.loads(kind.to_jwk(key_pair(algorithm, number).public_key()))
    return public | {"kid": kid, "use": "sig", "alg": algorithm}


class Issuer:
    """Its name is its address. ``person`` is who signs in, as claims; ``at`` is its clock, which is turned by hand.

    ``describes`` and ``identity`` are put over what it says of itself, and into each identity token (None takes a claim
    away). ``faults`` are answers by path, in place of the right ones. ``asked`` are the paths that it was asked for.
    """

    def __init__(self):
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.issuer = self
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self.name = f"http://127.0.0.1:{self._server.server_port}"
        self.at = NOON
        self.algorithm = "RS256"
        self.keys = [("RS256", 0, "first")]
        self.headers = {}
        self.person = {
            "sub": "ana-1",
            "email": "ana@example.com",
            "email_verified": True,
            "name": "Ana Lima",
            "groups": ["oncall"],
        }
        self.describes = {}
        self.identity = {}
        self.faults = {}
        self.asked = []
        self.forms = []
        self.secret = SECRET
        self.more = {}
        self.last = ""
        self._codes = {}

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)
        assert not self._thread.is_alive()

    # -- What tests do with it

    def rotate(self, algorithm="RS256", *, keep=False):
        """Sign with a new key from now on."""
        number = len(self.forms) + len(self.asked) + 1
        self.keys = [*(self.keys if keep else []), (algorithm, number, f"key-{number}")]
        self.algorithm = algorithm

    def count(self, path):
        """Say how often it was asked for a path."""
        return self.asked.count(path)

    def claims(self, audience=AUDIENCE, **more):
        """Return what a token of now would say; None takes a claim away."""
        now = int(self.at.timestamp())
        said = {"iss": self.name, "aud": audience, "iat": now, "exp": now + 300, **self.person, **more}
        return {name: value for name, value in said.items() if value is not None}

    def token(self, audience=AUDIENCE, *, header=None, **more):
        """Return a token that is signed with the last key."""
        return self.signed(self.claims(audience, **more), header=header)

    def signed(self, claims, *, header=None):
        """Return whatever claims, signed with the last key."""
        algorithm, number, kid = self.keys[-1]
        head = {name: value for name, value in {"kid": kid, **(header or {})}.items() if value is not None}
        return jwt.encode(claims, key_pair(algorithm, number), algorithm=self.algorithm, headers=head)

    def authorize(self, location):
        """Sign the person in at an address to which a browser was sent; return where the browser is sent back to."""
        asked = dict(parse_qsl(urlsplit(location).query))
        assert location.startswith(f"{self.name}/authorize?")
        assert (asked["response_type"], asked["code_challenge_method"]) == ("code", "S256")
        code = f"{secrets.token_urlsafe(8)},a+b/c="
        self._codes[code] = asked
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state'], 'iss': self.name})}"

    # -- What it answers

    def description(self):
        """Return what it says of itself."""
        return {
            "issuer": self.name,
            "authorization_endpoint": f"{self.name}/authorize",
            "token_endpoint": f"{self.name}/token",
            "jwks_uri": f"{self.name}/keys",
            **self.describes,
        }

    def redeemed(self, form, authorization):
        """Return the answer of the token endpoint, by the book."""
        if authorization.startswith("Basic "):
            pair = base64.b64decode(authorization[6:]).decode().split(":")
            client, secret = map(unquote_plus, pair)
        else:
            client, secret = form.get("client_id"), form.get("client_secret", "")
        if (client, secret) != (CLIENT, self.secret):
            return 401, {"error": "invalid_client"}
        begun = self._codes.pop(form["code"], None)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest()).rstrip(b"=")
        if (
            begun is None
            or form["grant_type"] != "authorization_code"
            or form["redirect_uri"] != begun["redirect_uri"]
            or challenge.decode() != begun["code_challenge"]
        ):
            return 400, {"error": "invalid_grant", "error_description": f"no such code {form['code']} for {secret}"}
        access = self.last = self.token()
        half = hashlib.sha256(access.encode()).digest()[:16]
        said = {"nonce": begun["nonce"], "at_hash": base64.urlsafe_b64encode(half).rstrip(b"=").decode()}
        identity = self.token(CLIENT, **(said | self.identity))
        return 200, {"access_token": access, "id_token": identity, "token_type": "Bearer", "expires_in": 300}


class Handler(BaseHTTPRequestHandler):
    """Answers for an issuer."""

    def do_GET(self):
        issuer, path = self.server.issuer, urlsplit(self.path).path
        issuer.asked.append(path)
        if path in issuer.faults:
            issuer.faults[path](self)
        elif path == "/authorize":
            self.send(302, b"", {"Location": issuer.authorize(issuer.name + self.path)})
        elif path == DESCRIPTION:
            self.say(200, issuer.description())
        elif path == "/person" and self.headers.get("Authorization") == f"Bearer {issuer.last}":
            self.say(200, issuer.more)
        elif path == "/keys":
            self.say(200, {"keys": [jwk(*one) for one in issuer.keys]})
        else:
            self.say(404, {})

    def do_POST(self):
        issuer, path = self.server.issuer, urlsplit(self.path).path
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        form = dict(parse_qsl(body, keep_blank_values=True))
        issuer.asked.append(path)
        issuer.forms.append(form)
        if path in issuer.faults:
            issuer.faults[path](self)
        else:
            self.say(*issuer.redeemed(form, self.headers.get("Authorization", "")))

    def say(self, status, said):
        """Answer with JSON."""
        headers = {"Content-Type": "application/json", **self.server.issuer.headers}
        self.send(status, json.dumps(said).encode(), headers)

    def send(self, status, body, headers):
        """Answer."""
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Say nothing."""


def answers(status, body=b"{}", **headers):
    """Return a fault: this very answer."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda handler: handler.send(status, body, named)


def silent(seconds):
    """Return a fault: no answer, until somebody has had enough, or so long."""
    return lambda _handler: time.sleep(seconds)


def breaks_off(handler):
    """Promise more than is sent."""
    handler.send_response(200)
    handler.send_header("Content-Length", "100")
    handler.end_headers()
    handler.wfile.write(b'{"issuer":')
    handler.close_connection = True


def floods(handler):
    """Send without end, until whoever reads has had enough."""
    handler.send_response(200)
    handler.end_headers()
    with suppress(OSError):
        while True:
            handler.wfile.write(b" " * 65_536)
