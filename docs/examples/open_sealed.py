#!/usr/bin/env python3
"""open_sealed.py MANIFEST BODY OUT: opens the body of a confidential document (docs/sealing.md). MANIFEST is what
`openssl cms -decrypt | openssl cms -verify` made of its envelope. Needs Python with `cryptography`, and none of our code."""
import base64, hashlib, json, struct, sys
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

def check(holds, what): return holds or sys.exit("REFUSED: " + what)
said = json.load(open(sys.argv[1], encoding="utf-8"))
check(said["format"] == "entente-sealed/1", "this is no manifest of a sealed document")
key, nonce = AESGCM(base64.b64decode(said["key"])), base64.b64decode(said["nonce"])
chunk, left, plain, sealed = said["chunkBytes"], int(said["bytes"]), hashlib.sha256(), hashlib.sha256()
with open(sys.argv[2], "rb") as body, open(sys.argv[3], "wb") as out:
    for number in range((left + chunk - 1) // chunk):
        piece = body.read(min(chunk, left) + 16)
        last = left <= chunk
        try:
            opened = key.decrypt(nonce + struct.pack(">IB", number, last), piece, None)
        except (InvalidTag, ValueError):
            check(False, f"chunk {number} was changed, or is missing or out of place")
        left -= len(opened)
        plain.update(opened), sealed.update(piece), out.write(opened)
    check(body.read(1) == b"", "the body goes on behind its end")
check(base64.b64decode(said["sha256"]) == plain.digest(), "the document is not the one that was sealed")
check(base64.b64decode(said["sealedSha256"]) == sealed.digest(), "the body is not the one that was sent")
print(f"{said['document']}: {'; '.join(said['title']['byLanguage'].values())}\nfrom {said['originator']}, sealed by {said['sealedBy']}")
