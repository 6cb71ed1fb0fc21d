"""A foreign peer: Python's cwt and cbor2. One request a line as JSON on standard input, one answer a line.

{"verify": document hex, "x": key hex, "kid": hex}                -> {"payload": hex, "again": hex}
{"sign": payload hex, "typ": int or text, "seed": hex, "x": hex, "kid": hex} -> {"document": hex}

"again" is the payload after cbor2 decoded it and encoded it canonically.
"""

import json
import sys

import cbor2
from cwt import COSE, COSEKey

ED25519 = -19
TYP = 16


def key_of(request, secret):
    key = {1: 1, -1: 6, -2: bytes.fromhex(request["x"]), 3: ED25519, 2: bytes.fromhex(request["kid"])}
    return COSEKey.new(key | secret)


def answer(request):
    if "verify" in request:
        key = key_of(request, {})
        payload = COSE.new().decode(bytes.fromhex(request["verify"]), keys=[key])
        again = cbor2.dumps(cbor2.loads(payload), canonical=True)
        return {"payload": payload.hex(), "again": again.hex()}
    key = key_of(request, {-4: bytes.fromhex(request["seed"])})
    protected = {1: ED25519, 4: bytes.fromhex(request["kid"]), TYP: request["typ"]}
    payload = bytes.fromhex(request["sign"])
    return {"document": COSE.new().encode_and_sign(payload, key, protected=protected, unprotected={}).hex()}


for line in sys.stdin:
    print(json.dumps(answer(json.loads(line))), flush=True)
