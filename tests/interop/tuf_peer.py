"""A foreign peer: python-tuf. One request a line as JSON on standard input, one answer a line.

{"refresh": base URL, "state": directory, "root": hex of the pinned root, "target": path}
                                      -> {"root": version, "timestamp": version, "content": hex} or {"refused": error}
{"make": {role: {path: text}}, "issued": time}      -> {"files": {name: hex}}
{"rotate": names of the keys that sign the new root, "issued": time} -> {"files": {name: hex}}

It keeps the repository that it made, so that "rotate" goes on from there. Its keys follow from their names and sign
for nobody.
"""

import hashlib
import json
import os
import sys
from datetime import datetime, timezone

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from securesystemslib.signer import CryptoSigner
from tuf.api.metadata import (
    DelegatedRole,
    Delegations,
    Metadata,
    MetaFile,
    Root,
    Snapshot,
    TargetFile,
    Targets,
    Timestamp,
)
from tuf.ngclient import Updater

EXPIRES = datetime(2036, 1, 1, tzinfo=timezone.utc)


def signer(name):
    seed = hashlib.sha256(f"python-tuf published test key: {name}".encode()).digest()
    return CryptoSigner(Ed25519PrivateKey.from_private_bytes(seed))


def refresh(request):
    targets = os.path.join(request["state"], "targets")
    os.makedirs(targets, exist_ok=True)
    base = request["refresh"]
    try:
        # A client of its own for each request, as after a restart: what it trusts lies in "state".
        updater = Updater(
            os.path.join(request["state"], "metadata"),
            base + "/metadata/",
            targets,
            base + "/targets/",
            bootstrap=bytes.fromhex(request["root"]),
        )
        updater.refresh()
        found = updater.get_targetinfo(request["target"])
        with open(updater.download_target(found), "rb") as file:
            content = file.read()
    except Exception as error:
        return {"refused": type(error).__name__}
    trusted = updater._trusted_set
    return {"root": trusted.root.version, "timestamp": trusted.timestamp.version, "content": content.hex()}


class Repository:
    """A root of 2 of 3, the region's targets, one terminating delegation a country."""

    def __init__(self, targets, issued):
        self.files = {}
        self.version = 0
        self.root = Root(expires=EXPIRES, consistent_snapshot=True)
        self.targets = targets
        for role, names in {"root": "abc", "targets": "ab", "snapshot": "o", "timestamp": "o"}.items():
            self.assign(role, names)
        self.put_root("ab", issued)
        self.publish("o", issued)

    def assign(self, role, names):
        for keyid in list(self.root.roles[role].keyids):
            self.root.revoke_key(keyid, role)
        for name in names:
            self.root.add_key(signer(name).public_key, role)
        self.root.roles[role].threshold = min(2, len(names))

    def put(self, name, signed, signers, issued):
        signed.unrecognized_fields["issued"] = issued
        metadata = Metadata(signed)
        for one in signers:
            metadata.sign(signer(one), append=True)
        self.files["metadata/" + name] = metadata.to_bytes()
        return self.files["metadata/" + name]

    def put_root(self, signers, issued):
        self.put(f"{self.root.version}.root.json", self.root, signers, issued)

    def listed(self, role):
        found = {}
        for path, text in self.targets[role].items():
            found[path] = TargetFile.from_data(path, text.encode(), ["sha256"])
            for place in found[path].get_prefixed_paths():
                self.files["targets/" + place] = text.encode()
        return found

    def publish(self, online, issued):
        self.version += 1
        version = self.version
        meta = {}
        keys, roles = {}, {}
        for country in sorted(self.targets.keys() - {"targets"}):
            key = signer(country).public_key
            keys[key.keyid] = key
            paths = [f"issuers/{country}/*", f"rulebooks/{country}/*/*"]
            paths += [f"facilities/{country}.json", f"host-rules/{country}.json"]
            roles[country] = DelegatedRole(country, [key.keyid], 1, terminating=True, paths=paths)
            signed = Targets(version, expires=EXPIRES, targets=self.listed(country))
            data = self.put(f"{version}.{country}.json", signed, [country], issued)
            meta[f"{country}.json"] = MetaFile.from_data(version, data, ["sha256"])
        delegations = Delegations(keys, roles)
        signed = Targets(version, expires=EXPIRES, targets=self.listed("targets"), delegations=delegations)
        data = self.put(f"{version}.targets.json", signed, "ab", issued)
        meta["targets.json"] = MetaFile.from_data(version, data, ["sha256"])
        signed = Snapshot(version, expires=EXPIRES, meta=meta)
        data = self.put(f"{version}.snapshot.json", signed, online, issued)
        signed = Timestamp(version, expires=EXPIRES, snapshot_meta=MetaFile.from_data(version, data, ["sha256"]))
        self.put("timestamp.json", signed, online, issued)

    def rotate(self, signers, issued):
        self.root.version += 1
        self.assign("root", "bde")
        self.assign("snapshot", "p")
        self.assign("timestamp", "p")
        self.put_root(signers, issued)
        self.publish("p", issued)


repository = None
for line in sys.stdin:
    request = json.loads(line)
    if "refresh" in request:
        answer = refresh(request)
    else:
        if "make" in request:
            repository = Repository(request["make"], request["issued"])
        else:
            repository.rotate(request["rotate"], request["issued"])
        answer = {"files": {name: data.hex() for name, data in repository.files.items()}}
    print(json.dumps(answer), flush=True)
