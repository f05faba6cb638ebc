#include "service/fleet/process.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "base/core/text.h"
#include "base/net/fd.h"
#include "service/fleet/file.h"

extern char** environ;

namespace roofscape::fleet {
namespace {

using std::chrono::milliseconds;

Error SystemError(std::string_view what) {
  return {ErrorCode::kIo, fmt::format("{}: {}", what, std::strerror(errno))};
}

/// Everything that exec needs, made before the fork: between fork and exec nothing may allocate.
struct Prepared {
  std::vector<std::string> texts;
  std::vector<char*> arguments;
  std::vector<char*> environment;
};

Prepared Prepare(const std::vector<std::string>& command,
                 const std::map<std::string, std::string>& env) {
  Prepared out;
  std::vector<std::string> variables;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const std::string name(text.substr(0, text.find('=')));
    if (!env.contains(name)) variables.emplace_back(text);
  }
  for (const auto& [name, value] : env) variables.push_back(name + "=" + value);
  out.texts = command;
  out.texts.insert(out.texts.end(), variables.begin(), variables.end());
  for (std::size_t i = 0; i < out.texts.size(); ++i) {
    (i < command.size() ? out.arguments : out.environment).push_back(out.texts[i].data());
  }
  out.arguments.push_back(nullptr);
  out.environment.push_back(nullptr);
  return out;
}

/// What the child becomes: default signals, a group of its own. Only calls that are safe after
/// fork().
void BecomeGroup(bool dies_with_us, pid_t parent) {
  setpgid(0, 0);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  for (const int signal : {SIGINT, SIGTERM, SIGPIPE, SIGXFSZ}) ::signal(signal, SIG_DFL);
  if (!dies_with_us) return;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) raise(SIGKILL);
}

[[noreturn]] void Exec(const Prepared& prepared, const char* folder, int in, int out, int err) {
  dup2(in, STDIN_FILENO);
  dup2(out, STDOUT_FILENO);
  dup2(err, STDERR_FILENO);
  if (*folder == '\0' || chdir(folder) == 0) {
    execvpe(prepared.arguments[0], prepared.arguments.data(), prepared.environment.data());
  }
  constexpr int kCannotRun = 127;
  _Exit(kCannotRun);
}

/// The number that a folder of /proc is called by.
std::optional<pid_t> ProcessOf(const dirent& entry) {
  const std::string_view name = entry.d_name;
  pid_t pid = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), pid);
  if (error != std::errc() || end != name.data() + name.size()) return std::nullopt;
  return pid;
}

/// The fields of a process behind its name, which is in brackets and may hold anything; empty:
/// there is no such process. The first is its state, the third its group.
std::vector<std::string> FieldsOf(pid_t pid) {
  const auto stat = ReadFile(fmt::format("/proc/{}/stat", pid));
  if (!stat) return {};
  const std::size_t name_end = stat->rfind(')');
  if (name_end == std::string::npos || name_end + 2 > stat->size()) return {};
  return Split(stat->substr(name_end + 2), ' ');
}

bool HasEnded(const std::string& state) { return state == "Z" || state == "X"; }

/// Whether a process of the group still runs. One that has ended and that nobody asks how, as in a
/// container without init, does not count.
bool GroupLives(pid_t group) {
  if (kill(-group, 0) != 0 && errno == ESRCH) return false;
  const std::vector<pid_t> pids = AllProcesses();
  return std::any_of(pids.begin(), pids.end(), [&](pid_t pid) {
    const auto facts = StatOf(pid);
    return facts && facts->group == group;
  });
}

std::vector<pid_t> Marked(const std::string& mark) {
  std::vector<pid_t> pids;
  for (const pid_t pid : AllProcesses()) {
    if (pid != getpid() && CarriesMark(pid, mark)) pids.push_back(pid);
  }
  return pids;
}

/// Reads what is there; false at the end.
bool Drain(int fd, std::string& out) {
  std::array<char, 16384> buffer{};
  const ssize_t got = read(fd, buffer.data(), buffer.size());
  if (got > 0) out.append(buffer.data(), static_cast<std::size_t>(got));
  return got > 0 || (got < 0 && (errno == EINTR || errno == EAGAIN));
}

struct Pipe {
  net::Fd read, write;
};

Result<Pipe> MakePipe() {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return SystemError("cannot make a pipe");
  return Pipe{net::Fd(ends[0]), net::Fd(ends[1])};
}

int ShellStatus(int status) {
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

Result<Child> Child::Start(const ChildOptions& options) {
  const Prepared prepared = Prepare(options.command, options.env);
  const net::Fd null(open("/dev/null", O_RDONLY | O_CLOEXEC));
  const net::Fd log(open(options.log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
  if (!log.open()) {
    return Error{ErrorCode::kIo, fmt::format("log '{}': {}: make its folder writable for this user",
                                             options.log, std::strerror(errno))};
  }
  const pid_t parent = getpid();
  const pid_t pid = fork();
  if (pid < 0) return SystemError("cannot start a process");
  if (pid == 0) {
    BecomeGroup(options.dies_with_us, parent);
    Exec(prepared, options.folder.c_str(), null.get(), log.get(), log.get());
  }
  setpgid(pid, pid);  // Whichever of the two comes first.
  return Child(pid);
}

Child::Child(Child&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), status_(other.status_) {}

bool Child::Running() {
  if (status_ || pid_ < 0) return false;
  int status = 0;
  if (waitpid(pid_, &status, WNOHANG) != pid_) return true;
  status_ = status;
  return false;
}

std::string Child::EndText() const {
  if (!status_) return "still runs";
  if (WIFSIGNALED(*status_)) return fmt::format("was killed by signal {}", WTERMSIG(*status_));
  return fmt::format("ended with status {}", WEXITSTATUS(*status_));
}

void Child::Stop(Nanos grace, const Clock& clock) {
  if (pid_ < 0) return;
  static const std::atomic<bool> kNever{false};
  for (const int signal : {SIGTERM, SIGKILL}) {
    if (!Running() && !GroupLives(pid_)) return;
    kill(-pid_, signal);
    const Instant until = clock.Now() + grace;
    while ((Running() || GroupLives(pid_)) && clock.Now() < until) {
      Pause(milliseconds(20), kNever, clock);
    }
  }
}

std::vector<pid_t> AllProcesses() {
  std::vector<pid_t> pids;
  DIR* const proc = opendir("/proc");
  if (proc == nullptr) return pids;
  while (const dirent* entry = readdir(proc)) {
    if (const auto pid = ProcessOf(*entry)) pids.push_back(*pid);
  }
  closedir(proc);
  return pids;
}

std::optional<ProcessStat> StatOf(pid_t pid) {
  const std::vector<std::string> fields = FieldsOf(pid);
  if (fields.size() < 3 || HasEnded(fields[0])) return std::nullopt;
  return ProcessStat{static_cast<pid_t>(std::atoi(fields[1].c_str())),
                     static_cast<pid_t>(std::atoi(fields[2].c_str()))};
}

bool CarriesMark(pid_t pid, const std::string& mark) {
  const auto env = ReadFile(fmt::format("/proc/{}/environ", pid));
  if (!env) return false;  // Another user's, or gone.
  const std::vector<std::string> variables = Split(*env, '\0');
  return std::find(variables.begin(), variables.end(), fmt::format("{}={}", kMarkVariable, mark)) !=
         variables.end();
}

std::optional<std::string> BeginOf(pid_t pid) {
  constexpr std::size_t kBegin = 19;  // Field 22 of all, the name being field 2.
  const std::vector<std::string> fields = FieldsOf(pid);
  if (fields.size() <= kBegin || HasEnded(fields[0])) return std::nullopt;
  return fields[kBegin];
}

std::size_t EndMarked(const std::string& mark, Nanos grace, const Clock& clock) {
  static const std::atomic<bool> kNever{false};
  const std::size_t found = Marked(mark).size();
  if (found == 0) return 0;
  for (const int signal : {SIGTERM, SIGKILL}) {
    const Instant until = clock.Now() + grace;
    for (const pid_t pid : Marked(mark)) kill(pid, signal);
    while (!Marked(mark).empty() && clock.Now() < until) Pause(milliseconds(50), kNever, clock);
    if (Marked(mark).empty()) break;
  }
  return found;
}

Result<CommandResult> RunCommand(const std::vector<std::string>& command, std::string_view input,
                                 Nanos timeout, const Clock& clock) {
  const Prepared prepared = Prepare(command, {});
  RS_ASSIGN_OR_RETURN(Pipe in, MakePipe());
  RS_ASSIGN_OR_RETURN(Pipe out, MakePipe());
  RS_ASSIGN_OR_RETURN(Pipe err, MakePipe());
  const pid_t parent = getpid();
  const pid_t pid = fork();
  if (pid < 0) return SystemError("cannot start a process");
  if (pid == 0) {
    BecomeGroup(/*dies_with_us=*/true, parent);
    Exec(prepared, "", in.read.get(), out.write.get(), err.write.get());
  }
  setpgid(pid, pid);
  in.read.Close();
  out.write.Close();
  err.write.Close();
  fcntl(in.write.get(), F_SETFL, O_NONBLOCK);
  CommandResult result;
  const Instant until = clock.Now() + timeout;
  bool timed_out = false;
  while (out.read.open() || err.read.open()) {
    if (input.empty()) in.write.Close();
    std::array<pollfd, 3> polls = {{{out.read.get(), POLLIN, 0},
                                    {err.read.get(), POLLIN, 0},
                                    {in.write.open() ? in.write.get() : -1, POLLOUT, 0}}};
    const auto left = std::chrono::duration_cast<milliseconds>(until - clock.Now()).count();
    if (left <= 0) {
      timed_out = true;
      break;
    }
    poll(polls.data(), polls.size(), static_cast<int>(std::min<std::int64_t>(left, 1000)));
    if (polls[0].revents != 0 && !Drain(out.read.get(), result.out)) out.read.Close();
    if (polls[1].revents != 0 && !Drain(err.read.get(), result.err)) err.read.Close();
    if (polls[2].revents != 0) {
      const ssize_t put = write(in.write.get(), input.data(), input.size());
      if (put > 0) input.remove_prefix(static_cast<std::size_t>(put));
      if (put < 0 && errno != EAGAIN && errno != EINTR) input = {};
    }
  }
  if (timed_out) kill(-pid, SIGKILL);
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  constexpr int kTimedOut = 124;
  constexpr int kCannotRun = 127;
  result.status = timed_out ? kTimedOut : ShellStatus(status);
  if (result.status == kCannotRun && result.out.empty() && result.err.empty()) {
    return Error{
        ErrorCode::kNotFound,
        fmt::format("program '{}': cannot be run: install it, or put it on PATH", command.front())};
  }
  return result;
}

std::string ShellQuoted(std::string_view text) {
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

Result<std::int64_t> FreePort() {
  const net::Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket.open()) return SystemError("cannot make a socket");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  // The sockets API takes every kind of address as a sockaddr.
  auto* const any = reinterpret_cast<sockaddr*>(&address);  // NOLINT(*-reinterpret-cast)
  if (bind(socket.get(), any, size) != 0 || getsockname(socket.get(), any, &size) != 0) {
    return SystemError("cannot find a free port on 127.0.0.1");
  }
  return ntohs(address.sin_port);
}

void Pause(Nanos time, const std::atomic<bool>& stop, const Clock& clock) {
  const Instant until = clock.Now() + time;
  while (!stop) {
    const auto left = std::chrono::duration_cast<milliseconds>(until - clock.Now()).count();
    if (left <= 0) return;
    poll(nullptr, 0, static_cast<int>(std::min<std::int64_t>(left, 200)));
  }
}

std::function<std::optional<std::string>()> AmdSmi(const Clock& clock) {
  return [&clock]() -> std::optional<std::string> {
    const auto told = RunCommand({"amd-smi", "static", "--asic", "--vram", "--json"}, "",
                                 std::chrono::seconds(30), clock);
    if (!told || told->status != 0) return std::nullopt;
    return told->out;
  };
}

std::string OwnProgram() {
  std::array<char, 4096> path{};
  const ssize_t size = readlink("/proc/self/exe", path.data(), path.size());
  return size > 0 ? std::string(path.data(), static_cast<std::size_t>(size)) : "roofscape";
}

std::string HostName() {
  std::array<char, 256> name{};
  if (gethostname(name.data(), name.size() - 1) != 0) return "unknown";
  return name.data();
}

}  // namespace roofscape::fleet
