// SPDX-License-Identifier: Apache-2.0
//
// real_cgroup.hpp - a cgroup of this machine to try things in.
#pragma once

#include "cgroup.hpp"
#include "fixture.hpp"
#include "marked.hpp"

namespace posix_test {

template <class Action>
std::string problem_of(Action action) {
    try {
        action();
        return "";
    } catch (const cmw::Error& e) {
        return e.what();
    }
}

/// A cgroup of the test's own in which it may make others; "" if it may not on this machine.
class RealParent {
  public:
    RealParent() {
        for (const auto* mount : {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"}) {
            if (!problem_of([&] { cmw::posix::check_cgroups(mount); }).empty()) continue;
            const auto path = std::string(mount) + "/cmw-test-" + cmw::posix::new_mark();
            if (::mkdir(path.c_str(), 0755) != 0) continue;
            path_ = path;
            if (::access((path + "/cgroup.kill").c_str(), W_OK) == 0 && may_join()) return;
            ::rmdir(path.c_str());
            path_.clear();
        }
        MESSAGE("not tried: no cgroup v2 in which this user may make others is here");
    }
    ~RealParent() {
        if (path_.empty()) return;
        for (const auto& left : cgroups()) cmw::posix::end_cgroup(left);
        ::rmdir(path_.c_str());
    }
    RealParent(const RealParent&) = delete;
    RealParent& operator=(const RealParent&) = delete;

    const std::string& path() const { return path_; }
    std::vector<std::string> cgroups() const {
        std::vector<std::string> found;
        for (const auto& entry : std::filesystem::directory_iterator(path_))
            if (entry.is_directory()) found.push_back(entry.path().string());
        return found;
    }

  private:
    /// Rights to folders alone do not say it: both ends of a move must be ours.
    bool may_join() const {
        const auto child = ::fork();
        if (child == 0) {
            const int file = ::open((path_ + "/cgroup.procs").c_str(), O_WRONLY | O_CLOEXEC);
            ::_exit(file >= 0 && ::write(file, "0", 1) == 1 ? 0 : 1);
        }
        int status = -1;
        while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
        }
        return status == 0;
    }
    std::string path_;
};

} // namespace posix_test
