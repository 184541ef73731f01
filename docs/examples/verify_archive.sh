#!/bin/sh
# verify_archive.sh ARCHIVE ANCHOR KEY: checks an archive of a process (docs/archive.md): the signature over its manifest
# by a certificate under ANCHOR (PEM), every file by its digest, and the ledger under its published KEY. Needs tar,
# sha256sum, openssl and python3, and none of our code. Leaves the files in a folder that it names.
set -eu
here=$(dirname "$0")
folder=$(mktemp -d)
tar -xf "$1" -C "$folder" --no-same-owner
refused() { echo "REFUSED: $1" >&2; rm -rf "$folder" "$folder.signer"; exit 1; }
openssl cms -verify -binary -inform DER -in "$folder/manifest.sha256.p7s" -content "$folder/manifest.sha256" \
  -CAfile "$2" -purpose any -no_check_time -signer "$folder.signer" -out /dev/null 2>/dev/null || refused "the manifest's signature"
(cd "$folder" && sha256sum --quiet --strict --check manifest.sha256) || refused "a file is not what was signed"
named=$(wc -l <"$folder/manifest.sha256")
there=$(find "$folder" ! -type d | wc -l)
[ "$there" -eq $((named + 2)) ] || refused "there are $there files, and $((named + 2)) should be"
python3 "$here/verify_ledger.py" "$folder/ledger.jsonl" "$3" || refused "the ledger"
echo "holds: $named files, signed by $(openssl x509 -in "$folder.signer" -noout -ext subjectAltName | tail -1 | tr -d ' ')"
rm -f "$folder.signer"
echo "they are in $folder"
