#!/usr/bin/env python3
"""Makes bundle.json (from the directory above: vectors/bundle.py > vectors/bundle.json).

An implementation of its own of the section "Shares of a person's secret" of docs/formats.md: X25519, HKDF and
ChaCha20-Poly1305 of the standards, and nothing but Python's standard library and Poseidon of circuits/vectors. It first
opens the vector of RFC 9180, A.2.1. The secrets in it are made up, and their randomness is not random.
"""

import base64
import contextlib
import hashlib
import hmac
import importlib.util
import io
import json
import pathlib
import struct

FOLDER = pathlib.Path(__file__).resolve().parent
P = 2**255 - 19


def circuits():
    path = FOLDER.parent.parent / "circuits" / "vectors" / "credential.py"
    spec = importlib.util.spec_from_file_location("credential", path)
    module = importlib.util.module_from_spec(spec)
    # It writes its own vector out.
    with contextlib.redirect_stdout(io.StringIO()):
        spec.loader.exec_module(module)
    return module


C = circuits()


# RFC 7748.


def x25519(scalar, u):
    k = bytearray(scalar)
    k[0] &= 248
    k[31] = k[31] & 127 | 64
    k = int.from_bytes(k, "little")
    x1 = int.from_bytes(u, "little") & (2**255 - 1)
    x2, z2, x3, z3 = 1, 0, x1, 1
    for t in reversed(range(255)):
        swap = k >> t & 1
        if swap:
            x2, x3, z2, z3 = x3, x2, z3, z2
        a, b = (x2 + z2) % P, (x2 - z2) % P
        da, cb = (x3 - z3) * a % P, (x3 + z3) * b % P
        x3, z3 = (da + cb) ** 2 % P, x1 * (da - cb) ** 2 % P
        aa, bb = a * a % P, b * b % P
        e = (aa - bb) % P
        x2, z2 = aa * bb % P, e * (aa + 121665 * e) % P
        if swap:
            x2, x3, z2, z3 = x3, x2, z3, z2
    return (x2 * pow(z2, P - 2, P) % P).to_bytes(32, "little")


def public(scalar):
    return x25519(scalar, (9).to_bytes(32, "little"))


# RFC 8439.


def chacha20_block(key, counter, nonce):
    state = list(struct.unpack("<16I", b"expand 32-byte k" + key + struct.pack("<I", counter) + nonce))
    work = state[:]

    def rotate(x, n):
        return (x << n | x >> 32 - n) & 0xFFFFFFFF

    def quarter(a, b, c, d):
        for x, y, z, n in [(a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)]:
            work[x] = (work[x] + work[y]) & 0xFFFFFFFF
            work[z] = rotate(work[z] ^ work[x], n)

    for _ in range(10):
        for i in range(4):
            quarter(i, 4 + i, 8 + i, 12 + i)
        for i in range(4):
            quarter(i, 4 + (i + 1) % 4, 8 + (i + 2) % 4, 12 + (i + 3) % 4)
    return struct.pack("<16I", *((x + y) & 0xFFFFFFFF for x, y in zip(work, state)))


def chacha20(key, nonce, data):
    blocks = (len(data) + 63) // 64
    stream = b"".join(chacha20_block(key, 1 + i, nonce) for i in range(blocks))
    return bytes(x ^ y for x, y in zip(data, stream))


def poly1305(key, nonce, aad, ciphertext):
    one_time = chacha20_block(key, 0, nonce)[:32]
    r = int.from_bytes(one_time[:16], "little") & 0x0FFFFFFC0FFFFFFC0FFFFFFC0FFFFFFF
    s = int.from_bytes(one_time[16:], "little")
    message = aad + b"\0" * (-len(aad) % 16) + ciphertext + b"\0" * (-len(ciphertext) % 16)
    message += struct.pack("<QQ", len(aad), len(ciphertext))
    accumulator = 0
    for i in range(0, len(message), 16):
        accumulator = (accumulator + int.from_bytes(message[i : i + 16] + b"\1", "little")) * r % (2**130 - 5)
    return ((accumulator + s) % 2**128).to_bytes(16, "little")


# RFC 9180 in base mode: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20-Poly1305.

KEM = b"KEM" + b"\0\x20"
HPKE = b"HPKE" + b"\0\x20" + b"\0\x01" + b"\0\x03"


def extract(suite, salt, label, ikm):
    return hmac.digest(salt or b"\0" * 32, b"HPKE-v1" + suite + label + ikm, "sha256")


def expand(suite, prk, label, info, length):
    info = struct.pack(">H", length) + b"HPKE-v1" + suite + label + info
    out, block, i = b"", b"", 1
    while len(out) < length:
        block = hmac.digest(prk, block + info + bytes([i]), "sha256")
        out, i = out + block, i + 1
    return out[:length]


def key_and_nonce(dh, enc, recipient, info):
    prk = extract(KEM, b"", b"eae_prk", dh)
    shared = expand(KEM, prk, b"shared_secret", enc + recipient, 32)
    context = b"\0" + extract(HPKE, b"", b"psk_id_hash", b"") + extract(HPKE, b"", b"info_hash", info)
    secret = extract(HPKE, shared, b"secret", b"")
    return expand(HPKE, secret, b"key", context, 32), expand(HPKE, secret, b"base_nonce", context, 12)


def seal(ephemeral, recipient, info, aad, plaintext):
    enc = public(ephemeral)
    key, nonce = key_and_nonce(x25519(ephemeral, recipient), enc, recipient, info)
    ciphertext = chacha20(key, nonce, plaintext)
    return enc + ciphertext + poly1305(key, nonce, aad, ciphertext)


def check_standard():
    unhex = bytes.fromhex
    key = unhex("8057991eef8f1f1af18f4a9491d16a1ce333f695d4db8e38da75975c4478e0fb")
    enc = unhex("1afa08d3dec047a643885163f1180476fa7ddb54c6a8029ea33f95796bf2ac4a")
    ciphertext = unhex("1c5250d8034ec2b784ba2cfd69dbdb8af406cfe3ff938e131f0def8c8b60b4db21993c62ce81883d2dd1b51a28")
    info, aad = unhex("4f6465206f6e2061204772656369616e2055726e"), unhex("436f756e742d30")
    k, nonce = key_and_nonce(x25519(key, enc), enc, public(key), info)
    assert poly1305(k, nonce, aad, ciphertext[:-16]) == ciphertext[-16:]
    assert chacha20(k, nonce, ciphertext[:-16]) == b"Beauty is truth, truth beauty"


# Shares.


def canonical(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def element(x):
    return x.to_bytes(32, "big")


def vector():
    check_standard()
    secret, coefficients, needed = 987654321, [5, C.R - 3], 3
    names = ["tax.nanning", "court.nanning", "archive", "notary.nanning"]
    private = [bytes([n]) * 32 for n in (11, 12, 13, 14)]
    blinds = [1001, 1002, 1003, C.R - 1]
    values = [
        (secret + sum(a * x ** (k + 1) for k, a in enumerate(coefficients))) % C.R for x in range(1, len(names) + 1)
    ]
    tag = C.text("yong/share/v1")
    commitments = [C.poseidon([tag, value, blind]) for value, blind in zip(values, blinds)]
    keys = [public(key) for key in private]
    trustees = [
        {"department": name, "key": base64.b64encode(key).decode(), "commitment": str(commitment)}
        for name, key, commitment in zip(names, keys, commitments)
    ]
    bundle = {"needed": needed, "trustees": trustees}
    identifier = hashlib.sha256(b"yong/bundle/v1\n" + canonical(bundle)).digest()
    wallet = bytes([21]) * 32
    shares = []
    for i, name in enumerate(names):
        aad = identifier + bytes([i + 1, len(names), needed]) + name.encode()
        plaintext = element(values[i]) + element(blinds[i])
        deposit = seal(bytes([31 + i]) * 32, keys[i], b"yong/share-deposit/v1", aad, plaintext)
        answer = seal(bytes([41 + i]) * 32, public(wallet), b"yong/share-answer/v1", aad, plaintext)
        shares.append(
            {
                "value": str(values[i]),
                "blind": str(blinds[i]),
                "private_key": private[i].hex(),
                "associated_data": aad.hex(),
                "deposit": base64.b64encode(deposit).decode(),
                "answer": base64.b64encode(answer).decode(),
            }
        )
    return {
        "secret": str(secret),
        "bundle": bundle,
        "id": identifier.hex(),
        "shares": shares,
        "wallet_private_key": wallet.hex(),
        "wallet_key_digest": hashlib.sha256(b"yong/hpke-key/v1\n" + public(wallet)).hexdigest(),
    }


if __name__ == "__main__":
    print(json.dumps(vector(), indent=2))
