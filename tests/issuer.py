"""A small OpenID Connect issuer for tests: discovery, authorize, token (with PKCE), userinfo, keys; RS256.

Whoever comes to `authorize` is `sub`, with `email`, and proves it at that moment; `lies` replaces claims of the token.
"""

import base64
import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

CLIENT, SECRET = "premise", "a-secret-of-the-client"


class Issuer:
    """The issuer's state; tests change who comes and what is told of them."""

    def __init__(self) -> None:
        self.key, self.false_key = (rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2))
        self.sub, self.email, self.email_verified = "subject-1", "ada@example.org", True
        self.lies: dict[str, Any] = {}
        self.forged = False
        self.codes: dict[str, dict[str, str]] = {}
        self.asked: list[dict[str, str]] = []
        self.address = ""

    def about(self) -> dict[str, Any]:
        return {"sub": self.sub, "email": self.email, "email_verified": self.email_verified}

    def discovery(self) -> dict[str, Any]:
        ends = {"authorization": "authorize", "token": "token", "userinfo": "userinfo"}
        return {
            "issuer": self.address,
            "jwks_uri": f"{self.address}/keys",
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
            **{f"{name}_endpoint": f"{self.address}/{path}" for name, path in ends.items()},
        }

    def keys(self) -> dict[str, Any]:
        key = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key()))
        return {"keys": [key | {"kid": "1", "alg": "RS256", "use": "sig"}]}

    def authorize(self, asked: dict[str, str]) -> str:
        """Let the person in and return where they are sent."""
        self.asked.append(asked)
        code = secrets.token_hex(8)
        self.codes[code] = asked | {"auth_time": str(int(time.time()))}
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"

    def token(self, sent: dict[str, str]) -> tuple[int, dict[str, Any]]:
        asked = self.codes.pop(sent.get("code", ""), None)
        if asked is None or sent["redirect_uri"] != asked["redirect_uri"] or sent["client_secret"] != SECRET:
            return 400, {"error": "invalid_grant"}
        digest = sha256(sent["code_verifier"].encode()).digest()
        if base64.urlsafe_b64encode(digest).decode().rstrip("=") != asked["code_challenge"]:
            return 400, {"error": "invalid_grant"}
        now = int(time.time())
        claims: dict[str, Any] = {"iss": self.address, "aud": CLIENT, "iat": now, "exp": now + 300, **self.about()}
        claims |= {"auth_time": int(asked["auth_time"])} | ({"nonce": asked["nonce"]} if "nonce" in asked else {})
        claims = {name: value for name, value in (claims | self.lies).items() if value is not None}
        key = self.false_key if self.forged else self.key
        token = jwt.encode(claims, key, algorithm="RS256", headers={"kid": "1"})
        return 200, {"access_token": secrets.token_hex(8), "token_type": "Bearer", "id_token": token}


@contextmanager
def issuer() -> Iterator[Issuer]:
    """Serve an issuer on a free port of 127.0.0.1."""
    state = Issuer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            if parts.path == "/authorize":
                self.send_response(302)
                self.send_header("Location", state.authorize(dict(parse_qsl(parts.query))))
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            answers = {"/.well-known/openid-configuration": state.discovery, "/keys": state.keys}
            self._answer(200, (answers | {"/userinfo": state.about})[parts.path]())

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            self._answer(*state.token(dict(parse_qsl(body))))

        def _answer(self, status: int, content: dict[str, Any]) -> None:
            body = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
