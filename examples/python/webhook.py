#!/usr/bin/env python3
"""Takes the counter's messages about requests that have ended, and prints one line of JSON for each. Python 3.9 or newer,
nothing to install.

    head -c 32 /dev/urandom | base64 | sed s/^/whsec_/ > secret
    python3 examples/python/webhook.py secret --port 9000
    city --sandbox --webhook http://127.0.0.1:9000/ --webhook-secret-file secret      # in another terminal

A message that is not signed with the secret, is older than five minutes, or came before is not believed. What it says is
that a request has ended: the result is read at the counter.
"""

import argparse
import base64
import hashlib
import hmac
import json
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

TOLERANCE_S = 300
MAX_BODY = 65536


def is_signed(secret, headers, body):
    """Whether the message is the counter's, and new (Standard Webhooks, version 1)."""
    name, sent = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not sent.isascii() or not sent.isdigit() or abs(time.time() - int(sent)) > TOLERANCE_S:
        return False
    text = f"{name}.{sent}.".encode() + body
    expected = "v1," + base64.b64encode(hmac.new(secret, text, hashlib.sha256).digest()).decode()
    given = headers.get("webhook-signature", "").split(" ")
    return any(hmac.compare_digest(expected.encode(), one.encode()) for one in given)


class Receiver(BaseHTTPRequestHandler):
    secret = b""
    seen = set()

    def do_POST(self):
        length = self.headers.get("content-length", "")
        if not length.isdigit() or int(length) > MAX_BODY:
            return self.answer(413)
        body = self.rfile.read(int(length))
        if not is_signed(self.secret, self.headers, body):
            return self.answer(401)
        name = self.headers["webhook-id"]
        # A message comes again when the answer to it was lost. A program with a database keeps the names there.
        if name not in self.seen:
            self.seen.add(name)
            print(json.dumps(json.loads(body)["data"], ensure_ascii=False), flush=True)
        self.answer(204)

    def answer(self, status):
        self.send_response(status)
        self.end_headers()

    def log_message(self, *_):
        pass


def main():
    arguments = argparse.ArgumentParser(description="Prints requests that have ended.")
    arguments.add_argument("secret", help="file with the secret that counter and program share")
    arguments.add_argument("--port", type=int, default=9000, help="0 for one that is free")
    given = arguments.parse_args()
    with open(given.secret, encoding="ascii") as file:
        Receiver.secret = base64.b64decode(file.read().strip().removeprefix("whsec_"), validate=True)
    server = HTTPServer(("127.0.0.1", given.port), Receiver)
    print(json.dumps({"listening": f"http://127.0.0.1:{server.server_port}/"}), flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
