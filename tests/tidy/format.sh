#!/usr/bin/env bash
# Every C++ file is as clang-format leaves it. usage: format.sh ROOT [--fix]
set -euo pipefail
cd "$1"
FORMAT=${CLANG_FORMAT:-clang-format-19}
command -v "$FORMAT" > /dev/null || {
  echo "format: '$FORMAT' is not on PATH. Run: tools/setup --test" >&2
  exit 1
}
folders=()
for folder in src fuzz bench tests; do
  [ -d "$folder" ] && folders+=("$folder")
done

each() {
  find "${folders[@]}" -name '*.h' -print0 -o -name '*.cc' -print0 |
    xargs -0 -P 2 -n 20 "$FORMAT" "$@"
}

if [ "${2:-}" = --fix ]; then
  each -i
  exit
fi
if ! findings=$(each --dry-run -Werror 2>&1); then
  sed -n 's/^\([^: ]*\):[0-9]*:[0-9]*: error:.*/\1: error: not as clang-format leaves it/p' \
    <<< "$findings" | sort -u
  echo "format: run tests/tidy/format.sh . --fix" >&2
  exit 1
fi
