#!/usr/bin/env python3
"""Checks that a row is one of those that a party signed, from what `entente stats prove --save` writes.

    verify_row.py FOLDER

Whether the signature over FOLDER/manifest is the party's, `openssl cms -verify` says (docs/statistics.md)."""
import hashlib
import pathlib
import sys

LEAVES = 1 << 28


def digest(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def main():
    folder = pathlib.Path(sys.argv[1])
    if not (folder / "row-proof").exists():
        sys.exit(f"no row-proof in {folder}: only the proof of one figure (`stats prove DATAFLOW --where ... --at ... --save`) has one")
    salt, index, *path = (folder / "row-proof").read_text().split()
    at, row = int(index), (folder / "row").read_bytes()
    node = digest(b"\0", bytes.fromhex(salt), row)
    for sibling in map(bytes.fromhex, path):
        node = digest(b"\1", sibling, node) if at & 1 else digest(b"\1", node, sibling)
        at >>= 1
    words = dict(line.split(" ", 1) for line in (folder / "manifest").read_text().splitlines() if " " in line)
    if len(bytes.fromhex(salt)) != 32 or len(path) != LEAVES.bit_length() - 1 or at or node.hex() != words["rows"]:
        sys.exit("the row is none of those that were signed")
    for name, cell in zip(words["columns"].split(","), row.decode().split(",")):
        print(f"{name}: {cell}")


main()
