// SPDX-License-Identifier: Apache-2.0
//
// A program that the tests run: tells what it was given, or holds a file that only one may hold.
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <fstream>
#include <iostream>
#include <linux/ioprio.h>
#include <string>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace {

void tell_descriptors() {
    DIR* folder = ::opendir("/proc/self/fd");
    while (const dirent* entry = ::readdir(folder)) {
        const std::string name = entry->d_name;
        if (name != "." && name != ".." && name != std::to_string(::dirfd(folder)))
            std::cout << "fd:" << name << "\n";
    }
    ::closedir(folder);
}

void tell_status() {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);)
        if (line.starts_with("SigBlk") || line.starts_with("SigIgn") || line.starts_with("Cap") ||
            line.starts_with("NoNewPrivs") || line.starts_with("Umask") ||
            line.starts_with("Groups") || line.starts_with("Uid") || line.starts_with("Gid"))
            std::cout << line << "\n";
}

int tell(int count, char** arguments, char** environment) {
    for (int i = 0; i < count; ++i) std::cout << "arg:" << arguments[i] << "\n";
    for (; *environment != nullptr; ++environment) std::cout << "env:" << *environment << "\n";
    char directory[4096] = "";
    std::cout << "cwd:" << ::getcwd(directory, sizeof directory) << "\n";
    tell_descriptors();
    tell_status();
    std::cout << "leader:" << (::getsid(0) == ::getpid() && ::getpgrp() == ::getpid()) << "\n";
    char byte = 0;
    std::cout << "input:" << ::read(0, &byte, 1) << "\n";
    std::cout << "nice:" << ::getpriority(PRIO_PROCESS, 0) << "\n";
    std::cout << "io:" << ::syscall(SYS_ioprio_get, IOPRIO_WHO_PROCESS, 0) << "\n";
    std::cout << "oom:" << std::ifstream("/proc/self/oom_score_adj").rdbuf();
    rlimit limit{};
    ::getrlimit(RLIMIT_CORE, &limit);
    std::cout << "core:" << limit.rlim_cur << "\n";
    ::getrlimit(RLIMIT_NOFILE, &limit);
    std::cout << "nofile:" << limit.rlim_cur << ":" << limit.rlim_max << std::endl;
    std::cerr << "on stderr" << std::endl;
    return 0;
}

int hold_alone(const std::string& path) {
    const int file = ::open(path.c_str(), O_RDWR | O_CREAT, 0600);
    if (::flock(file, LOCK_EX | LOCK_NB) != 0) {
        std::ofstream(path + ".two") << ::getpid();
        return 1;
    }
    std::ofstream(path + ".one." + std::to_string(::getpid())) << "";
    while (true) ::pause();
}

/// Leaves parents, group, session and descriptors, as daemons do, and tells its number in a file.
int daemonise(const std::string& path, const std::string& then) {
    if (::fork() == 0) {
        ::setsid();
        if (::fork() != 0) ::_exit(0);
        ::close_range(0, ~0u, 0);
        std::ofstream(path + ".new") << ::getpid();
        ::rename((path + ".new").c_str(), path.c_str());
        while (true) ::pause();
    }
    while (then == "stay") ::pause();
    return 0;
}

/// The same with another environment, as `env -i` has it: nothing of the program is left in it.
int escape(char* self, char* path) {
    if (::getenv("CMW_PROCESS") == nullptr) return daemonise(path, "stay");
    char what[] = "escape";
    char* const arguments[] = {self, what, path, nullptr};
    char* const none[] = {nullptr};
    return ::execve(self, arguments, none);
}

/// More than any pipe holds.
int flood() {
    const std::string line(1023, 'x');
    for (int i = 0; i < 4096; ++i) std::cout << line << "\n";
    return std::cout.flush() ? 0 : 1;
}

int close_all() {
    ::close_range(0, ~0u, 0);
    while (true) ::pause();
}

} // namespace

int main(int count, char** arguments, char** environment) {
    const std::string what = count > 1 ? arguments[1] : "";
    if (what == "alone") return hold_alone(arguments[2]);
    if (what == "escape") return escape(arguments[0], arguments[2]);
    if (what == "daemonise") return daemonise(arguments[2], arguments[3]);
    if (what == "flood") return flood();
    if (what == "close") return close_all();
    return tell(count, arguments, environment);
}
