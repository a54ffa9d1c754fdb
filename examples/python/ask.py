#!/usr/bin/env python3
"""Asks a person of the sandbox for a policy and prints the counter's verdict. Python 3.9 or newer, nothing to install.

    city --sandbox                                   # in another terminal
    python3 examples/python/ask.py adult/1 jia

Exit code 0 for a verdict of `passed`, 1 for any other, 2 where there was no verdict.

With a real counter, the link goes to the citizen as a QR code or a button, and everything else stays as it is; the
counter's token goes into --token.
"""

import argparse
import json
import sys
import urllib.error
import urllib.request


def call(url, body=None, token=None):
    """POSTs JSON, or GETs without a body; answers the JSON that came back."""
    headers = {"Accept": "application/json"}
    data = None
    if body is not None:
        data = json.dumps(body).encode()
        headers["Content-Type"] = "application/json"
    if token:
        headers["Authorization"] = f"Bearer {token}"
    request = urllib.request.Request(url, data=data, headers=headers)
    with urllib.request.urlopen(request, timeout=60) as response:
        return json.load(response)


def verdict(counter, transaction):
    """Waits until the request has ended; each question waits for 25 seconds at most."""
    while True:
        status = call(f"{counter}/transactions/{transaction}?wait=25")
        if status["status"] != "pending":
            return status


def described(error):
    """A problem document in one line; what is none, such as a proxy's page, by its status alone."""
    try:
        problem = json.load(error)
        return f"{problem['error']}: {problem['message']['en']} {problem.get('detail', '')}".rstrip()
    except (ValueError, KeyError, TypeError):
        return f"status {error.code}"


def main():
    arguments = argparse.ArgumentParser(description="Asks a person of the sandbox for a policy.")
    arguments.add_argument("policy", help="such as adult/1")
    arguments.add_argument("person", help="such as jia; see /people of the sandbox")
    arguments.add_argument("--counter", default="http://127.0.0.1:7103")
    arguments.add_argument("--sandbox", default="http://127.0.0.1:7100")
    arguments.add_argument("--token", help="the counter's token, where it asks for one")
    given = arguments.parse_args()
    try:
        asked = call(f"{given.counter}/requests", {"policy": given.policy}, given.token)
        # Here a citizen would scan the QR code and agree.
        call(f"{given.sandbox}/people/{given.person}/present", {"link": asked["link"]})
        ended = verdict(given.counter, asked["transaction"])
    except urllib.error.HTTPError as error:
        # Every error is a problem document (RFC 9457) with a word for programs and a sentence for people.
        print(described(error), file=sys.stderr)
        return 2
    except OSError as error:
        print(f"nothing answers: {error}", file=sys.stderr)
        return 2
    print(ended["status"])
    return 0 if ended["status"] == "passed" else 1


if __name__ == "__main__":
    sys.exit(main())
