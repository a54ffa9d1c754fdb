#!/usr/bin/env bash
# Generates clients from OpenAPI documents with two generators that this project did not write, and compiles what they
# write. Fails where a document is invalid, or where its client does not compile.
#
#   interop/openapi/check.sh OUT DOCUMENT.json…     OUT is a folder for the clients; each document names its client
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
generator=$here/venv/bin/openapi-generator-cli
out=$1
shift

for document in "$@"; do
    name=$(basename "$document" .json)
    folder=$out/$name
    mkdir -p "$folder"
    cp "$document" "$folder/openapi.json"
    # Python: the generator validates the document first.
    "$generator" generate --generator-name python --input-spec "$folder/openapi.json" --output "$folder/python" \
        --additional-properties "packageName=yong_$name" > "$folder/python.log" 2>&1 ||
        { tail -n 40 "$folder/python.log"; echo "$name: the Python client is not generated"; exit 1; }
    python3 -m compileall -q "$folder/python/yong_$name"
    # TypeScript: types of every path, body and answer.
    "$here/node_modules/.bin/openapi-typescript" "$folder/openapi.json" --output "$folder/$name.ts" > "$folder/typescript.log" 2>&1 ||
        { tail -n 40 "$folder/typescript.log"; echo "$name: the TypeScript client is not generated"; exit 1; }
    "$here/node_modules/.bin/tsc" --noEmit --strict --skipLibCheck "$folder/$name.ts"
    echo "$name: both clients are generated and compile"
done
