#include "service/fleet/gate.h"

#include <fmt/format.h>

#include "service/fleet/process.h"

namespace roofscape::fleet {
namespace {

// `kill -0` says whether the server's first process still runs: the shell has asked how it ended
// whenever another program of its own, here sleep, has ended.
constexpr const char* kGate = R"sh(g=$1
umask 0
mkdir -p "$g"
trap ': > "$g/over"' TERM INT
i=0
tick() { i=$((i + 1)); echo "$i" > "$g/alive"; sleep 0.2; }
while [ ! -e "$g/over" ]; do
  tick
  [ -e "$g/run" ] || continue
  mv "$g/run" "$g/running"
  if command -v setsid > /dev/null 2>&1; then
    setsid sh "$g/running" > "$g/out" 2>&1 & p=$!; k=-$p
  else
    sh "$g/running" > "$g/out" 2>&1 & p=$!; k=$p
  fi
  while kill -0 "$p" 2> /dev/null; do
    tick
    [ -e "$g/stop" ] || [ -e "$g/over" ] || continue
    kill -s TERM -- "$k" 2> /dev/null
    j=0
    while kill -0 "$p" 2> /dev/null && [ "$j" -lt 100 ]; do tick; j=$((j + 1)); done
    break
  done
  kill -s KILL -- "$k" 2> /dev/null
  wait "$p"
  echo "$?" > "$g/ended.new"
  rm -f "$g/running"
  mv "$g/ended.new" "$g/ended"
done
)sh";

// 75 looks without a sign of life, 15 s: the container is gone, as after a kill for its memory.
constexpr const char* kClient = R"sh(g=$1
umask 0
mkdir -p "$g"
n=0
copy() {
  [ -e "$g/out" ] || return 0
  s=$(wc -c < "$g/out")
  [ "$s" -gt "$n" ] || return 0
  tail -c +$((n + 1)) "$g/out" | head -c $((s - n))
  n=$s
}
rm -f "$g/ended" "$g/stop" "$g/out"
printf "%s\n" "$2" > "$g/run.new" && mv "$g/run.new" "$g/run"
trap ': > "$g/stop"' TERM INT
last=
quiet=0
while [ ! -e "$g/ended" ]; do
  sleep 0.2
  copy
  now=$(cat "$g/alive" 2> /dev/null)
  if [ "$now" = "$last" ]; then quiet=$((quiet + 1)); else quiet=0; last=$now; fi
  if [ -n "$last" ] && [ "$quiet" -gt 75 ]; then
    echo "the container of the engine has ended"
    exit 137
  fi
done
copy
exit "$(cat "$g/ended")"
)sh";

constexpr const char* kRemove =
    R"sh(g={}; rm -f "$g/run"; [ ! -e "$g/running" ] || : > "$g/stop"; i=0
while [ -e "$g/running" ] && [ "$i" -lt 150 ]; do sleep 0.2; i=$((i + 1)); done)sh";

}  // namespace

std::string GateScript() { return kGate; }

ServerStart ThroughGate(const ServerStart& start, const std::string& folder) {
  ServerStart through = start;
  std::string script;
  for (const auto& [name, value] : start.env) {
    script += fmt::format("export {}={}\n", name, ShellQuoted(value));
  }
  script += start.command;
  through.command = fmt::format("exec sh -c {} client {} {}", ShellQuoted(kClient),
                                ShellQuoted(folder), ShellQuoted(script));
  through.env.clear();
  through.remove = fmt::format(fmt::runtime(kRemove), ShellQuoted(folder));
  return through;
}

}  // namespace roofscape::fleet
