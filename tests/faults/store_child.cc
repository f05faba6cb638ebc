#include "store_child.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>

#include "base/core/check.h"

namespace roofscape::store {

Child::Child(const std::function<bool(const Say& say)>& body) {
  std::array<int, 2> ends{};
  RS_CHECK(pipe(ends.data()) == 0);
  pid_ = fork();
  RS_CHECK(pid_ >= 0);
  if (pid_ == 0) {
    close(ends[0]);
    const bool good = body([&](const std::string& line) {
      const std::string text = line + "\n";
      RS_CHECK(write(ends[1], text.data(), text.size()) == static_cast<ssize_t>(text.size()));
    });
    // Not exit(): the parent's test framework must not run a second time.
    _exit(good ? 0 : 1);
  }
  close(ends[1]);
  pipe_ = ends[0];
}

Child::~Child() {
  if (!ended_) {
    Kill();
    Wait();
  }
  close(pipe_);
}

std::string Child::ReadLine() {
  while (true) {
    const std::size_t end = buffer_.find('\n');
    if (end != std::string::npos) {
      std::string line = buffer_.substr(0, end);
      buffer_.erase(0, end + 1);
      return line;
    }
    std::array<char, 4096> bytes{};
    const ssize_t size = read(pipe_, bytes.data(), bytes.size());
    if (size <= 0) return "";
    buffer_.append(bytes.data(), static_cast<std::size_t>(size));
  }
}

void Child::Kill() { kill(pid_, SIGKILL); }

int Child::Wait() {
  int status = 0;
  RS_CHECK(waitpid(pid_, &status, 0) == pid_);
  ended_ = true;
  return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace roofscape::store
