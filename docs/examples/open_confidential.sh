#!/usr/bin/env bash
# open_confidential.sh SERVER CREDENTIALS OFFICE ANCHOR DOCUMENT OUT: fetches a confidential document and opens it, with curl,
# openssl and open_sealed.py beside this file, and none of our programs (docs/sealing.md).
#   SERVER       https://entente.example:8443, its root in $CA
#   CREDENTIALS  a folder with your cert.pem, key.pem, password    OFFICE  one with your office's cert.pem, key.pem
#   ANCHOR       the authority of the sender's party, as that party gave it to you: PEM
set -euo pipefail
server=$1 mine=$2 office=$3 anchor=$4 document=$5 out=$6
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
json() { /usr/bin/python3 -c 'import json, sys; print(json.loads(sys.argv[1])'"$2"')' "$1"; }
line() { curl -fsS --cacert "$CA" --cert "$mine/cert.pem" --key "$mine/key.pem" ${token:+-H "Authorization: Bearer $token"} "$@"; }
call() { line -H 'Content-Type: application/json' -d "$2" "$server/entente.v1.$1"; }

password=$(head -n 1 "$mine/password")
token=$(json "$(call SessionService/SignIn "{\"password\": \"$password\"}")" '["token"]')
reading=$(json "$(call DocumentService/OpenDocument "{\"name\": \"$document\"}")" '["name"]')   # the ledger has a receipt now
json "$(call SealingService/ListEnvelopes "{\"name\": \"$reading\"}")" '["envelopes"][0]["cms"]' | base64 -d >"$work/envelope.der"
line -o "$work/body.sealed" "$server/$document/content?reading=${reading##*/}"

openssl cms -decrypt -inform DER -in "$work/envelope.der" -inkey "$office/key.pem" -recip "$office/cert.pem" -binary -out "$work/signed.der"
openssl cms -verify -cades -inform DER -in "$work/signed.der" -CAfile "$anchor" -purpose any -binary -out "$work/manifest.json"
/usr/bin/python3 "$(dirname "$0")/open_sealed.py" "$work/manifest.json" "$work/body.sealed" "$out"
