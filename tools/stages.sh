# Named stages with a clock, for tools/test and tools/check-all, which source this.
#
# A failed stage does not stop the later ones. At the end `finish` prints where the time went beside
# the budgets of HACKING.md, and one summary over all runs of ctest, in ctest's own words, as the
# last thing.

LOGS=build/logs
STAGES=()        # "name|seconds|ok or FAILED"
FAILED_TESTS=()  # "stage: test (why)"
TESTS=0          # run, over all stages
FAILURES=0
BEGAN=$SECONDS

mkdir -p "$LOGS"

# budget_of STAGE: its seconds in the table "Time budget" of HACKING.md, or "-".
budget_of() {
  awk -F'|' -v stage="$1" '
    { name = $2; gsub(/^[ `]+|[ `]+$/, "", name); seconds = $3; gsub(/ /, "", seconds) }
    name == stage && seconds ~ /^[0-9]+$/ { print seconds; found = 1; exit }
    END { if (!found) print "-" }' HACKING.md
}

# record STAGE SECONDS STATUS
record() {
  STAGES+=("$1|$2|$3")
  printf '== %s: %s after %s s (budget %s s)\n' "$1" "$3" "$2" "$(budget_of "$1")"
}

# stage NAME COMMAND...: runs quietly; on failure shows its log's end and counts one failed test.
stage() {
  local name=$1 began=$SECONDS log="$LOGS/${1// /-}.log"
  shift
  printf '== %s\n' "$name"
  if "$@" < /dev/null > "$log" 2>&1; then
    record "$name" $((SECONDS - began)) ok
    return 0
  fi
  show_failure "$log"
  record "$name" $((SECONDS - began)) FAILED
  count_stage_failure "$name" "$log"
  return 1
}

# The first errors and the end of a log: a compiler's first error says more than its last.
show_failure() {
  grep -n -m 5 -A 4 -E 'error:|FAILED:|CMake Error' "$1" || true
  printf -- '-- the end of %s:\n' "$1"
  tail -n 25 "$1"
}

# A stage that failed without a summary of ctest is a failed test itself.
count_stage_failure() {
  TESTS=$((TESTS + 1))
  FAILURES=$((FAILURES + 1))
  FAILED_TESTS+=("$1 (see $2)")
}

# skip NAME WHY: a stage that cannot run because an earlier one failed counts as failed, too.
skip() {
  printf '== %s: not run, %s\n' "$1" "$2"
  STAGES+=("$1|0|NOT RUN")
  count_stage_failure "$1, not run" "$2"
}

# ctest_stage NAME BUILD_DIR ARGUMENTS...: one run of ctest, its tests added to the sum.
ctest_stage() {
  local name=$1 build=$2 began=$SECONDS log="$LOGS/${1// /-}.log" status=0
  shift 2
  printf '== %s\n' "$name"
  {
    ctest --test-dir "$build" --output-on-failure --no-tests=error "$@" < /dev/null 2>&1 ||
      echo "$?" > "$log.status"
  } | tee "$log" |
    { grep -vE '^(Internal|Test project| +Start |Label Time|[a-z0-9_]+ += .*proc|$)' || true; }
  if [ -f "$log.status" ]; then
    status=$(< "$log.status")
    rm "$log.status"
  fi
  add_summary "$name" "$log" "$status"
  record "$name" $((SECONDS - began)) "$([ "$status" -eq 0 ] && echo ok || echo FAILED)"
}

# Reads "X% tests passed, F tests failed out of N" and the names of the failed tests from a log.
add_summary() {
  local name=$1 log=$2 status=$3 line
  line=$(grep -E '^[0-9]+% tests passed, [0-9]+ tests? failed out of [0-9]+' "$log" | tail -n 1)
  if [ -z "$line" ]; then
    count_stage_failure "$name" "$log"
    return
  fi
  local failed total
  failed=$(sed -E 's/.*passed, ([0-9]+) test.*/\1/' <<< "$line")
  total=$(sed -E 's/.*out of ([0-9]+).*/\1/' <<< "$line")
  TESTS=$((TESTS + total))
  FAILURES=$((FAILURES + failed))
  while IFS= read -r line; do
    FAILED_TESTS+=("$name: $line")
  done < <(sed -n '/^The following tests FAILED:/,/^$/s/^[ \t]*[0-9]* - //p' "$log")
  # ctest can fail with no test failed, e.g. when it is interrupted.
  if [ "$status" -ne 0 ] && [ "$failed" -eq 0 ]; then count_stage_failure "$name" "$log"; fi
}

# finish: the table of times, then ctest's summary; the exit status of the whole.
finish() {
  local entry name seconds state budget total=$((SECONDS - BEGAN)) mark
  printf '\nWhere the time went:\n  %-14s %8s %8s\n' stage 'took s' 'budget s'
  for entry in "${STAGES[@]}"; do
    IFS='|' read -r name seconds state <<< "$entry"
    budget=$(budget_of "$name")
    mark=''
    [ "$state" = ok ] || mark=" $state"
    if [ "$budget" != - ] && [ "$seconds" -gt "$budget" ]; then mark+=' over budget'; fi
    printf '  %-14s %8s %8s%s\n' "$name" "$seconds" "$budget" "$mark"
  done
  mark=''
  budget=$(budget_of "$1")
  if [ "$budget" != - ] && [ "$total" -gt "$budget" ]; then mark=' over budget'; fi
  printf '  %-14s %8s %8s%s\n\n' "$1" "$total" "$budget" "$mark"

  if [ "${#FAILED_TESTS[@]}" -gt 0 ]; then
    printf 'The following tests FAILED:\n'
    printf '\t%s\n' "${FAILED_TESTS[@]}"
    printf '\n'
  fi
  printf '%d%% tests passed, %d tests failed out of %d\n' \
    $((TESTS > 0 ? (TESTS - FAILURES) * 100 / TESTS : 0)) "$FAILURES" "$TESTS"
  [ "$FAILURES" -eq 0 ] && [ "$TESTS" -gt 0 ]
}
