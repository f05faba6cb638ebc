#!/usr/bin/env bash
# Every C++ file is as clang-format leaves it. usage: format.sh ROOT [--fix]
set -euo pipefail
cd "$1"
FORMAT=${CLANG_FORMAT:-clang-format-19}
command -v "$FORMAT" > /dev/null || {
  echo "format: '$FORMAT' is not on PATH. Run: tools/setup --test" >&2
  exit 1
}
mode=(--dry-run -Werror)
[ "${2:-}" = --fix ] && mode=(-i)
folders=()
for folder in src fuzz bench tests; do
  [ -d "$folder" ] && folders+=("$folder")
done
find "${folders[@]}" -name '*.h' -print0 -o -name '*.cc' -print0 |
  xargs -0 -P 2 -n 40 "$FORMAT" "${mode[@]}" || {
  echo "format: run tests/tidy/format.sh . --fix" >&2
  exit 1
}
