// SPDX-License-Identifier: Apache-2.0
//
// support/host_process.hpp - runs the real program as a child: the host itself, and its commands.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace cmw::test {

/// How long a test waits for what must happen; far more than it should take, for slow machines and
/// sanitizers.
inline constexpr std::chrono::seconds patience{60};

/// Whether `condition` became true within the limit; it is asked again every few milliseconds.
bool eventually(const std::function<bool()>& condition, std::chrono::milliseconds limit = patience);

/// The program under test and the demo node: $CMIX_WRAPPER_PROGRAM and $DEMO_NODE, which Meson sets.
std::string program_path();
std::string demo_node_path();

/// A process of ours. Killed with SIGKILL if it still runs at the end.
class Child {
  public:
    /// stdout and stderr are appended to the files; stdin is empty.
    Child(const std::vector<std::string>& command, const std::string& output,
          const std::string& errors);
    ~Child();
    Child(Child&& other) noexcept;
    Child& operator=(Child&&) = delete;

    pid_t pid() const { return pid_; }
    void signal(int number) const;
    /// The exit status, 128 + N if signal N ended it; nothing if it has not ended in time.
    std::optional<int> wait(std::chrono::milliseconds limit = patience);

  private:
    pid_t pid_ = -1; ///< -1: it has been waited for.
    int status_ = -1;
};

/// What a program that has ended wrote, and its exit status (-1: it did not end in time).
struct Ended {
    int status = -1;
    std::string output;
    std::string errors;
};
Ended run(const std::vector<std::string>& command);

/// Whether there is such a process, zombies apart.
bool is_running(pid_t pid);

} // namespace cmw::test
