"""A foreign peer: reads one request as JSON from standard input, answers with JSON on standard output.

{"verify": document hex, "x": key hex}            -> {"payload": payload hex}
{"sign": payload hex, "seed": hex, "x": hex, "kid": hex} -> {"document": hex}
"""

import json
import sys

from cwt import COSE, COSEKey

request = json.load(sys.stdin)
x = bytes.fromhex(request["x"])
if "verify" in request:
    key = COSEKey.new({1: 1, -1: 6, -2: x, 3: -19, 2: bytes.fromhex(request["kid"])})
    payload = COSE.new().decode(bytes.fromhex(request["verify"]), keys=[key])
    print(json.dumps({"payload": payload.hex()}))
else:
    seed, kid = bytes.fromhex(request["seed"]), bytes.fromhex(request["kid"])
    key = COSEKey.new({1: 1, -1: 6, -2: x, -4: seed, 3: -19, 2: kid})
    document = COSE.new().encode_and_sign(
        bytes.fromhex(request["sign"]), key, protected={1: -19, 4: kid, 16: 65100}, unprotected={}
    )
    print(json.dumps({"document": document.hex()}))
