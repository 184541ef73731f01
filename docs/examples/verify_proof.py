#!/usr/bin/env python3
"""verify_proof.py PROOF KEY [OLD]: checks a proof of `entente ledger prove-entry` or, against the checkpoint OLD, a file that
you saw before, of `prove-growth` (docs/ledger-format.md), under the ledger's published KEY. None of our code."""
import base64, hashlib, json, subprocess, sys, tempfile
b64, node = base64.b64decode, lambda left, right: hashlib.sha256(b"\1" + left + right).digest()
name, key_id, key = sys.argv[2].split("+", 2)
def check(holds, what): return holds or sys.exit("REFUSED: " + what)
def signed(note):  # size and root of a C2SP checkpoint that the key signed
    text, lines = note.rsplit("\n\n", 1)
    found = [b64(line.split(" ")[2]) for line in lines.split("\n") if line.startswith(f"— {name} ")]
    with tempfile.TemporaryDirectory() as d:
        open(d + "/key", "wb").write(bytes.fromhex("302a300506032b6570032100") + b64(key)[1:])
        open(d + "/text", "wb").write((text + "\n").encode())
        open(d + "/signature", "wb").write(b"".join(s[4:] for s in found if s[:4].hex() == key_id))
        command = "openssl pkeyutl -verify -rawin -pubin -keyform DER -inkey key -in text -sigfile signature"
        check(subprocess.run(command.split(), cwd=d, capture_output=True).returncode == 0, "the checkpoint's signature")
    origin, size, root = text.split("\n")[:3]
    return check(origin == name, "another ledger's checkpoint") and (int(size), b64(root))
def climb(at, last, start, path):  # RFC 9162, sections 2.1.3.2 and 2.1.4.2: the roots of the old and of the new tree
    old = new = start
    for one in path:
        check(last, "the path is too long")
        old, new = (node(one, old), node(one, new)) if at & 1 or at == last else (old, node(new, one))
        while at == last > 0 and not at & 1: at, last = at >> 1, last >> 1
        at, last = at >> 1, last >> 1
    return check(last == 0, "the path is too short") and (old, new)
proof = json.load(open(sys.argv[1], encoding="utf-8"))
path = [b64(one) for one in proof.get("path", [])]
size, root = signed(proof["checkpoint"])
if "leafHash" in proof:
    check((index := int(proof.get("index", 0))) < size, "an entry beyond the ledger")
    check(climb(index, size - 1, b64(proof["leafHash"]), path)[1] == root, f"entry {index} is not in the ledger")
    sys.exit(print(f"holds: entry {index} of {size}"))
old_size, old_root = signed(open(sys.argv[3], encoding="utf-8").read())
at, last, path = old_size - 1, size - 1, [old_root] * (old_size < size and old_size & (old_size - 1) == 0) + path
while at & 1: at, last = at >> 1, last >> 1
check((old_size, old_root, path) == (size, root, []) or 0 < old_size < size and path and
      climb(at, last, path[0], path[1:]) == (old_root, root), f"it does not continue the {old_size} seen before")
print(f"holds: {size} entries, which continue the {old_size} seen before")
