"""A third opinion on W3C credentials: PyLD (JSON-LD, RDFC-1.0), rfc8785 and cryptography.

One request a line on standard input, one answer a line:
{"context": url, "document": {...}}        -> {}                a context, to be found at its url; nothing is fetched
{"verify": signed credential}              -> {"verified": bool}  the one proof, by a did:key or by {"x": hex}
{"sign": credential, "proof": {...}, "seed": hex} -> {"document": signed}

Both suites are written here from the specification, on these libraries: PyLD has none of its own.
"""

import copy
import hashlib
import json
import sys

import rfc8785
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from pyld import jsonld

ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
contexts = {}


def loader(url, _options):
    if url not in contexts:
        raise LookupError(f"nothing is fetched: {url}")
    return {"contextUrl": None, "documentUrl": url, "document": contexts[url], "contentType": "application/ld+json"}


def base58(data):
    number = int.from_bytes(data, "big")
    text = ""
    while number:
        number, digit = divmod(number, 58)
        text = ALPHABET[digit] + text
    return "1" * (len(data) - len(data.lstrip(b"\0"))) + text


def from_base58(text):
    number = 0
    for letter in text:
        number = number * 58 + ALPHABET.index(letter)
    zeros = len(text) - len(text.lstrip("1"))
    return b"\0" * zeros + number.to_bytes((number.bit_length() + 7) // 8, "big")


def canonical(document):
    options = {
        "algorithm": "URDNA2015",
        "format": "application/n-quads",
        "documentLoader": loader,
        "base": "",
        "rdfDirection": "i18n-datatype",
        "processingMode": "json-ld-1.1",
    }
    return jsonld.normalize(document, options).encode()


def hash_data(document, proof):
    options = {name: value for name, value in proof.items() if name != "proofValue"}
    if proof["cryptosuite"] == "eddsa-jcs-2022":
        halves = [rfc8785.dumps(options), rfc8785.dumps(document)]
    else:
        halves = [canonical({**options, "@context": document["@context"]}), canonical(document)]
    return b"".join(hashlib.sha256(half).digest() for half in halves)


def answer(request):
    if "context" in request:
        contexts[request["context"]] = request["document"]
        return {}
    document = copy.deepcopy(request.get("verify") or request["sign"])
    if "sign" in request:
        proof = request["proof"]
        if proof["cryptosuite"] == "eddsa-jcs-2022":
            proof["@context"] = document["@context"]
        key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(request["seed"]))
        proof["proofValue"] = "z" + base58(key.sign(hash_data(document, proof)))
        return {"document": {**document, "proof": proof}}
    proof = document.pop("proof")
    if "x" in request:
        key = bytes.fromhex(request["x"])
    else:
        key = from_base58(proof["verificationMethod"].split("#")[1][1:])[2:]
    try:
        signature = from_base58(proof["proofValue"][1:])
        Ed25519PublicKey.from_public_bytes(key).verify(signature, hash_data(document, proof))
    except InvalidSignature:
        return {"verified": False}
    return {"verified": True}


for line in sys.stdin:
    try:
        said = answer(json.loads(line))
    except Exception as error:  # the peer says what it does not understand, and goes on
        said = {"failed": f"{type(error).__name__}: {error}"}
    print(json.dumps(said), flush=True)
