#!/usr/bin/env python3
"""verify_ledger.py EXPORT KEY [LAST]: checks an exported ledger (docs/ledger-format.md) against its published KEY and
the checkpoint LAST, a file, that you saw before. Needs Python and the openssl program, and none of our code."""
import base64, hashlib, json, subprocess, sys, tempfile
sha, b64 = lambda *parts: hashlib.sha256(b"".join(parts)).digest(), base64.b64decode
name, key_id, key = sys.argv[2].split("+", 2)
def check(holds, what): return holds or sys.exit("REFUSED: " + what)
def root(leaves):  # RFC 9162, section 2.1.1
    k = 1 << max(len(leaves) - 1, 1).bit_length() - 1
    return leaves[0] if len(leaves) == 1 else sha(b"\1", root(leaves[:k]), root(leaves[k:])) if leaves else sha()
def size_of(note, leaves):  # of a C2SP checkpoint, if the key signed it and the leaves have its root
    text, lines = note.rsplit("\n\n", 1)
    found = [b64(line.split(" ")[2]) for line in lines.split("\n") if line.startswith(f"— {name} ")]
    with tempfile.TemporaryDirectory() as d:
        open(d + "/key", "wb").write(bytes.fromhex("302a300506032b6570032100") + b64(key)[1:])
        open(d + "/text", "wb").write((text + "\n").encode())
        open(d + "/signature", "wb").write(b"".join(s[4:] for s in found if s[:4].hex() == key_id))
        command = "openssl pkeyutl -verify -rawin -pubin -keyform DER -inkey key -in text -sigfile signature"
        check(subprocess.run(command.split(), cwd=d, capture_output=True).returncode == 0, "the checkpoint's signature")
    origin, size, digest = text.split("\n")[:3]
    check((origin, b64(digest)) == (name, root(leaves[:int(size)])), f"the checkpoint of size {size} is not of these entries")
    return int(size)
head, *rows = map(json.loads, open(sys.argv[1], encoding="utf-8"))
leaves, seen, last = [b64(row["leafHash"]) for row in rows], [row for row in rows if "canonical" in row], b""
check([int(row.get("index", 0)) for row in rows] == list(range(len(rows))), "a row is missing or out of place")
for index, row, data in [(int(row.get("index", 0)), row, b64(row["canonical"])) for row in seen]:  # those open to you
    said = [row["entry"].get(field, "").encode() for field in ("account", "party", "session", "kind", "object")]
    check(leaves[index] == sha(b"\0", sha(b64(row["blinding"]), data)), f"entry {index} is not what was entered")
    check(data[:24] == b"entente/entry/1\n" + index.to_bytes(8, "big") and data[24:32] >= last, f"entry {index}'s place")
    check(data[32:].startswith(b"".join(len(s).to_bytes(4, "big") + s for s in said)), f"entry {index} says otherwise")
    last = data[24:32]
check(size_of(head["note"], leaves) == len(leaves), "the checkpoint is of another size")
for file in sys.argv[3:]: check(size_of(open(file, encoding="utf-8").read(), leaves) <= len(leaves), "entries are gone")
print(f"holds: {len(rows)} entries, {len(seen)} of them open to you")
