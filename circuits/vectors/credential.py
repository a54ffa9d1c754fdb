#!/usr/bin/env python3
"""Makes credential.json (from the directory above: vectors/credential.py > vectors/credential.json).

An implementation of its own of docs/formats.md: Poseidon in plain rounds with constants from the paper's Grain LFSR, and
nothing but Python's standard library. It first recomputes poseidon.json, which circomlibjs made.
"""

import base64
import hashlib
import json
import pathlib

R = 21888242871839275222246405745257275088548364400416034343698204186575808495617
PARTIAL_ROUNDS = [56, 57, 56, 60, 60, 63, 64, 63, 60, 66, 60, 65, 70, 60, 64, 68]
FULL_ROUNDS = 8
ABSENT = 2**250
DEPTH = 16
FOLDER = pathlib.Path(__file__).parent


def grain(width, partial):
    """Numbers of 254 bits, without end."""
    fields = [(1, 2), (0, 4), (254, 12), (width, 12), (FULL_ROUNDS, 10), (partial, 10), (2**30 - 1, 30)]
    state = [int(bit) for value, size in fields for bit in f"{value:0{size}b}"]

    def step():
        state.append(state[62] ^ state[51] ^ state[38] ^ state[23] ^ state[13] ^ state[0])
        del state[0]
        return state[-1]

    def bit():
        while step() == 0:
            step()
        return step()

    for _ in range(160):
        step()
    while True:
        yield int("".join(str(bit()) for _ in range(254)), 2)


PARAMETERS = {}


def parameters(width):
    if width not in PARAMETERS:
        partial = PARTIAL_ROUNDS[width - 2]
        numbers = grain(width, partial)
        constants = []
        while len(constants) < width * (FULL_ROUNDS + partial):
            number = next(numbers)
            if number < R:
                constants.append(number)
        xs = [next(numbers) % R for _ in range(width)]
        ys = [next(numbers) % R for _ in range(width)]
        PARAMETERS[width] = constants, [[pow(x + y, -1, R) for y in ys] for x in xs]
    return PARAMETERS[width]


def poseidon(inputs):
    width = len(inputs) + 1
    constants, matrix = parameters(width)
    rounds = len(constants) // width
    state = [0, *inputs]
    for i in range(rounds):
        state = [(x + c) % R for x, c in zip(state, constants[i * width :])]
        full = i < FULL_ROUNDS // 2 or i >= rounds - FULL_ROUNDS // 2
        state = [pow(x, 5, R) if full or j == 0 else x for j, x in enumerate(state)]
        state = [sum(m * x for m, x in zip(row, state)) % R for row in matrix]
    return state[0]


def text(s):
    return int.from_bytes(hashlib.sha3_256(b"yong/text/v1\0" + s.encode()).digest()[:31], "big")


def pseudonym(device, person, a, b, index):
    return poseidon([text("yong/pseudonym/v2"), device, person, a, b, index])


def root_alone(leaf, position):
    node, empty = leaf, 0
    for level in range(DEPTH):
        children = [empty] * 4
        children[position >> 2 * level & 3] = node
        node, empty = poseidon(children), poseidon([empty] * 4)
    return node


def vector():
    device_bytes, person_bytes = "03" * 64, "04" * 64
    device, person = (int(b, 16) % R for b in (device_bytes, person_bytes))
    issuer, schema = text("credit.nanning"), text("sample/1")
    holder = pseudonym(device, person, issuer, schema, 0)
    validity = {"from": 1789920000, "until": 1821455999}
    validity_element = validity["from"] + validity["until"] * 2**40
    salt, blind, context, position = 12345, 67890, 13579, 70000
    values = {
        "score": 712,
        "level": "B",
        "rate": "3.45",
        "since": "2020-02-29",
        "owns_home": True,
        "name": "韦明",
        "assets": 500000,
    }
    attributes = [712, 2, 345, 18321, 1, text("韦明"), 500000] + [ABSENT] * 5
    inner = poseidon([holder, validity_element, salt, ABSENT, *attributes])
    leaf = poseidon([issuer, schema, inner])
    scope = {"name": "housing-2026", "department": "credit.nanning", "uses": 10}
    named = text("scope/" + scope["name"]), text(scope["department"])
    return {
        "source": "made by credential.py beside it, which shares no code with the crate",
        "device_64_bytes": device_bytes,
        "person_64_bytes": person_bytes,
        "issuer": "credit.nanning",
        "issuer_element": str(issuer),
        "schema": "sample/1",
        "schema_element": str(schema),
        "holder": str(holder),
        "person": str(poseidon([text("yong/person/v2"), person, issuer])),
        "validity": validity,
        "validity_element": str(validity_element),
        "salt": str(salt),
        "document": None,
        "values": values,
        "attributes": [str(a) for a in attributes],
        "inner": str(inner),
        "inner_in_a_record": base64.urlsafe_b64encode(inner.to_bytes(32, "big")).decode().rstrip("="),
        "leaf": str(leaf),
        "leaf_in_a_shard": leaf.to_bytes(32, "big").hex(),
        "position": position,
        "root_of_this_leaf_alone": str(root_alone(leaf, position)),
        "context": str(context),
        "session_nullifier": str(pseudonym(device, person, text("session"), context, 0)),
        "scope": scope,
        "named_nullifiers": [str(pseudonym(0, person, *named, index)) for index in range(3)],
        "blind": str(blind),
        "link": str(poseidon([text("yong/link/v2"), inner, blind])),
    }


for case in json.loads((FOLDER / "poseidon.json").read_text())["cases"]:
    assert poseidon([int(x) for x in case["inputs"]]) == int(case["output"]), case
print(json.dumps(vector(), ensure_ascii=False, indent=1))
