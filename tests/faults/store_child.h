// A forked process that a test controls: it sends lines to its parent, and can be killed.
//
// Thread safety: fork before any thread is started.

#pragma once

#include <sys/types.h>

#include <functional>
#include <string>

namespace roofscape::store {

class Child {
 public:
  /// Runs in the child: writes one line to the parent, in one write.
  using Say = std::function<void(const std::string& line)>;

  /// Forks. The child runs `body` and ends with status 0, or 1 if it returns false.
  explicit Child(const std::function<bool(const Say& say)>& body);

  /// Kills the child if it still runs.
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  pid_t pid() const { return pid_; }

  /// The next line, without '\n'; "" when the child has ended and everything is read.
  std::string ReadLine();

  /// kill -9.
  void Kill();

  /// Waits for the end: the exit status, or -signal.
  int Wait();

 private:
  pid_t pid_ = -1;
  int pipe_ = -1;
  bool ended_ = false;
  std::string buffer_;
};

}  // namespace roofscape::store
