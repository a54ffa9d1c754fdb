#!/bin/sh
# Tests the eight lanes on a processor without AVX-512: in a copy of the workspace, `emulated.rs` stands for the
# instructions and every processor has them. Slow; arguments go to `cargo test`.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
copy=$root/target/lanes
mkdir -p "$copy"
(cd "$root" && git ls-files -z --cached --others --exclude-standard | tar cf - --null -T -) | tar xf - -C "$copy"
lanes=$copy/circuits/src/lanes
cp "$root/ci/lanes/emulated.rs" "$lanes/emulated.rs"
find "$lanes" "$lanes.rs" -name '*.rs' -exec sed -i -E \
  -e '/#\[target_feature\(enable = "avx512f,avx512ifma"\)\]/d' \
  -e 's/std::arch::x86_64::/crate::lanes::emulated::/' \
  -e 's/is_x86_feature_detected!\("[a-z0-9]+"\)/true/g' \
  -e 's/#!\[allow\(unsafe_code\)\]/#![allow(unsafe_code, unused_unsafe, missing_docs)]/' \
  -e 's/^pub mod affine;/mod emulated;\npub mod affine;/' {} +
cd "$copy"
CARGO_TARGET_DIR=$root/target exec cargo test "$@"
