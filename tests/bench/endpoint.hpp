// SPDX-License-Identifier: Apache-2.0
//
// bench/endpoint.hpp - a server on loopback that only counts, in processes of its own: neither its
// memory nor its processor time are counted as ours. Throws std::runtime_error if it cannot listen.
#pragma once

#include <atomic>
#include <cstdint>
#include <new>
#include <sys/mman.h>
#include <sys/types.h>

namespace cmw::bench {

/// Memory that we share with our children.
template <class Value>
class Shared {
  public:
    Shared()
        : value_(new(::mmap(nullptr, sizeof(Value), PROT_READ | PROT_WRITE,
                            MAP_SHARED | MAP_ANONYMOUS, -1, 0)) Value{}) {}
    ~Shared() { ::munmap(value_, sizeof(Value)); }
    Shared(const Shared&) = delete;
    Shared& operator=(const Shared&) = delete;
    Value& operator*() const { return *value_; }
    Value* operator->() const { return value_; }

  private:
    Value* value_;
};

struct Counted {
    std::atomic<std::uint64_t> requests;
    std::atomic<std::uint64_t> events;       ///< In them, of texts without a "{".
    std::atomic<std::uint64_t> bytes;        ///< Of all that came.
    std::atomic<std::uint64_t> processor_ns; ///< That counting took.
    unsigned latency_ms;                     ///< From a request to its answer.
};

/// Answers each request of CloudWatch Logs, once it is there, with 200.
void serve_http(int connection, Counted& counted);
/// Reads.
void serve_bytes(int connection, Counted& counted);

/// A listener in a child process; `serve` has each connection, in one more.
class Endpoint {
  public:
    using Serve = void (*)(int connection, Counted& counted);

    explicit Endpoint(Serve serve, unsigned latency_ms = 0);
    ~Endpoint();
    Endpoint(const Endpoint&) = delete;
    Endpoint& operator=(const Endpoint&) = delete;

    unsigned port() const { return port_; }
    const Counted& counted() const { return *counted_; }

  private:
    Shared<Counted> counted_;
    unsigned port_ = 0;
    pid_t pid_ = -1;
};

} // namespace cmw::bench
