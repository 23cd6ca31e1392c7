// SPDX-License-Identifier: Apache-2.0
//
// A program that the tests run: tells what it was given, or holds a file that only one may hold.
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <fstream>
#include <iostream>
#include <string>
#include <sys/file.h>
#include <sys/resource.h>
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

int tell(int count, char** arguments, char** environment) {
    for (int i = 0; i < count; ++i) std::cout << "arg:" << arguments[i] << "\n";
    for (; *environment != nullptr; ++environment) std::cout << "env:" << *environment << "\n";
    char directory[4096] = "";
    std::cout << "cwd:" << ::getcwd(directory, sizeof directory) << "\n";
    tell_descriptors();
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);)
        if (line.starts_with("SigBlk") || line.starts_with("SigIgn") ||
            line.starts_with("Groups") || line.starts_with("Uid") || line.starts_with("Gid"))
            std::cout << line << "\n";
    std::cout << "leader:" << (::getsid(0) == ::getpid() && ::getpgrp() == ::getpid()) << "\n";
    char byte = 0;
    std::cout << "input:" << ::read(0, &byte, 1) << "\n";
    rlimit limit{};
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

} // namespace

int main(int count, char** arguments, char** environment) {
    const std::string what = count > 1 ? arguments[1] : "";
    if (what == "alone") return hold_alone(arguments[2]);
    return tell(count, arguments, environment);
}
