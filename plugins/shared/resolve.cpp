// SPDX-License-Identifier: Apache-2.0
#include "shared/resolve.hpp"

#include <atomic>
#include <csignal>
#include <memory>
#include <netdb.h>
#include <sys/eventfd.h>
#include <thread>
#include <unistd.h>

namespace cmw::shared {

namespace {

/// Look-ups that nobody waits for any more; more than this many means that the resolver hangs.
constexpr int most_left_behind = 8;
std::atomic<int> left_behind = 0;

/// Owned by who asks and by the thread that looks up, whichever ends last.
struct Lookup {
    std::string host;
    std::string port;
    int done = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    int error = 0;
    std::vector<Address> found;
    std::atomic<bool> abandoned = false;

    Lookup(const std::string& its_host, std::uint16_t its_port)
        : host(its_host), port(std::to_string(its_port)) {
        if (done < 0)
            throw std::system_error(errno, std::generic_category(), "cannot make an eventfd");
    }
    ~Lookup() {
        if (abandoned) --left_behind;
        ::close(done);
    }
    Lookup(const Lookup&) = delete;
    Lookup& operator=(const Lookup&) = delete;

    void run(int flags) {
        addrinfo hints{};
        hints.ai_socktype = SOCK_STREAM;
        hints.ai_flags = flags;
        addrinfo* list = nullptr;
        error = ::getaddrinfo(host.c_str(), port.c_str(), &hints, &list);
        if (error != 0) return;
        for (const auto* one = list; one != nullptr; one = one->ai_next) {
            Address address;
            address.size = one->ai_addrlen;
            std::memcpy(&address.storage, one->ai_addr, one->ai_addrlen);
            found.push_back(address);
        }
        ::freeaddrinfo(list);
    }
};

std::thread start(const std::shared_ptr<Lookup>& lookup) {
    // The host's signals are for the host's threads.
    sigset_t all;
    sigset_t before;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    std::thread thread([lookup] {
        lookup->run(0);
        ::eventfd_write(lookup->done, 1);
    });
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    return thread;
}

/// The thread of a look-up, left behind if it is not done in time.
class Waiting {
  public:
    explicit Waiting(std::shared_ptr<Lookup> lookup)
        : lookup_(std::move(lookup)), thread_(start(lookup_)) {}
    ~Waiting() {
        if (!thread_.joinable()) return;
        ++left_behind;
        lookup_->abandoned = true;
        thread_.detach();
    }
    Waiting(const Waiting&) = delete;
    Waiting& operator=(const Waiting&) = delete;

    /// True: what it found is there.
    bool wait(const Call& call, std::chrono::steady_clock::time_point until) {
        if (!call.wait(lookup_->done, POLLIN, until)) return false;
        thread_.join();
        return true;
    }

  private:
    std::shared_ptr<Lookup> lookup_;
    std::thread thread_;
};

} // namespace

std::vector<Address> resolve(const Call& call, const std::string& host, std::uint16_t port,
                             std::chrono::nanoseconds limit) {
    const auto lookup = std::make_shared<Lookup>(host, port);
    lookup->run(AI_NUMERICHOST); // An address needs no thread.
    if (lookup->error == 0) return lookup->found;
    if (left_behind >= most_left_behind)
        throw Error(CMW_AGAIN, "cannot look up " + host + ": earlier look-ups still hang; see " +
                                   "whether the name servers in /etc/resolv.conf answer");
    Waiting waiting(lookup);
    if (!waiting.wait(call, std::chrono::steady_clock::now() + limit))
        throw Error(CMW_AGAIN, "cannot look up " + host + ": no name server answered in time");
    if (lookup->error != 0)
        throw Error(CMW_AGAIN,
                    "cannot look up " + host + ": " + std::string(::gai_strerror(lookup->error)));
    return lookup->found;
}

} // namespace cmw::shared
