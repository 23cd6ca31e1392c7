// SPDX-License-Identifier: Apache-2.0
//
// cmw/testing.hpp - a host in small, so that a plugin's classes are tested without one:
//
//   cmw::testing::TestHost host("/tmp/state");
//   cmw::testing::TestCall call;
//   MyBackend backend(MyBackend::Settings{...}, host.handle());
//   cmw::testing::TestBatch batch("cmix", {"first line", "second line"});
//   backend.write(call.handle(), batch.handle());
#pragma once

#include <cmw/binary_source.hpp>
#include <cmw/command_source.hpp>
#include <cmw/consensus_source.hpp>
#include <cmw/identity.hpp>
#include <cmw/log_backend.hpp>
#include <cmw/process_runner.hpp>
#include <cmw/retry.hpp>

#include <atomic>
#include <cerrno>
#include <limits>
#include <mutex>
#include <sys/eventfd.h>
#include <thread>
#include <unistd.h>

namespace [[gnu::visibility("hidden")]] cmw {
namespace testing {

/// Keeps the lines that a plugin logs; offers the services identity/1 and retry/1.
class TestHost {
  public:
    explicit TestHost(std::string state_dir = "/tmp") : state_dir_(std::move(state_dir)) {
        table_.host = {sizeof(cmw_host), CMW_ABI_MINOR,      "cmix-wrapper/test",
                       "test.instance",  state_dir_.c_str(), &log,
                       &service};
        table_.self = this;
        identity_.identity = {sizeof(cmw_identity), 0, &read_identity};
        identity_.self = this;
        retry_.retry = {sizeof(cmw_retry), 0, &count_retry};
        retry_.self = this;
    }
    TestHost(const TestHost&) = delete;
    TestHost& operator=(const TestHost&) = delete;

    Host handle() const noexcept { return Host(&table_.host); }
    const cmw_host* table() const noexcept { return &table_.host; }
    std::vector<std::string> lines() const {
        const std::lock_guard lock(mutex_);
        return lines_;
    }

    /// The fields of the identity file; none: there is no file yet.
    std::map<std::string, std::string> identity;
    /// How often the plugin asked to be asked again.
    std::atomic<unsigned> retries{0};

  private:
    struct Table {
        cmw_host host{}; // First, so that a cmw_host* is a Table*.
        TestHost* self = nullptr;
    };
    struct IdentityTable {
        cmw_identity identity{}; // First, so that a cmw_identity* is an IdentityTable*.
        TestHost* self = nullptr;
    };

    struct RetryTable {
        cmw_retry retry{}; // First, so that a cmw_retry* is a RetryTable*.
        TestHost* self = nullptr;
    };

    static void log(const cmw_host* host, std::uint32_t, cmw_str line) noexcept {
        auto* self = reinterpret_cast<const Table*>(host)->self;
        const std::lock_guard lock(self->mutex_);
        self->lines_.emplace_back(to_view(line));
    }
    static const void* service(const cmw_host* host, const char* name) noexcept {
        const auto* self = reinterpret_cast<const Table*>(host)->self;
        if (std::string_view(name) == CMW_SERVICE_IDENTITY) return &self->identity_.identity;
        if (std::string_view(name) == CMW_SERVICE_RETRY) return &self->retry_.retry;
        return nullptr;
    }
    static void count_retry(const cmw_retry* service) noexcept {
        ++reinterpret_cast<const RetryTable*>(service)->self->retries;
    }
    static cmw_status read_identity(const cmw_identity* service, const char* field, char* buffer,
                                    std::size_t capacity, cmw_error* error) noexcept {
        const auto& fields = reinterpret_cast<const IdentityTable*>(service)->self->identity;
        const auto found = fields.find(field);
        if (fields.empty()) return detail::report(error, CMW_AGAIN, "cannot read it: no file yet");
        if (found == fields.end() || found->second.size() >= capacity)
            return detail::report(error, CMW_NOT_FOUND, "cannot find the field");
        found->second.copy(buffer, found->second.size());
        buffer[found->second.size()] = '\0';
        return CMW_OK;
    }

    std::string state_dir_;
    Table table_;
    IdentityTable identity_;
    RetryTable retry_;
    mutable std::mutex mutex_;
    std::vector<std::string> lines_;
};

/// A call that can be cancelled from another thread, with an optional time limit.
class TestCall {
  public:
    explicit TestCall(std::chrono::nanoseconds limit = std::chrono::nanoseconds::max()) {
        const auto now = std::chrono::steady_clock::now().time_since_epoch();
        const auto none = std::numeric_limits<std::int64_t>::max();
        const bool limited = limit != std::chrono::nanoseconds::max();
        table_ = {sizeof(cmw_call), ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
                  limited ? std::chrono::nanoseconds(now + limit).count() : none, &is_cancelled};
    }
    ~TestCall() { ::close(table_.cancel_fd); }
    TestCall(const TestCall&) = delete;
    TestCall& operator=(const TestCall&) = delete;

    Call handle() const noexcept { return Call(&table_); }
    const cmw_call* table() const noexcept { return &table_; }
    void cancel() noexcept { ::eventfd_write(table_.cancel_fd, 1); }

  private:
    static std::int32_t is_cancelled(const cmw_call* call) noexcept {
        const std::chrono::nanoseconds now = std::chrono::steady_clock::now().time_since_epoch();
        pollfd cancel{call->cancel_fd, POLLIN, 0};
        return now.count() >= call->deadline_ns || ::poll(&cancel, 1, 0) == 1;
    }

    cmw_call table_{};
};

/// What a consensus source answered.
class TestVerdict {
  public:
    TestVerdict() {
        table_.verdict = {sizeof(cmw_verdict), &standing_fn, &approve_fn, &fact_fn, &announce_fn};
        table_.self = this;
    }
    TestVerdict(const TestVerdict&) = delete;
    TestVerdict& operator=(const TestVerdict&) = delete;
    Verdict handle() noexcept { return Verdict(&table_.verdict); }

    std::uint32_t standing = CMW_STANDING_WAIT;
    std::uint64_t height = 0;
    std::string reason;
    std::map<std::string, std::string> approved;               ///< Target to "algorithm:hex".
    std::map<std::string, std::vector<std::string>> locations; ///< Of what is approved.
    struct Announced {
        std::string target;
        std::string digest; ///< "algorithm:hex"
        std::uint64_t height;
        std::string why;
        std::vector<std::string> locations;
    };
    std::vector<Announced> announced;
    std::map<std::string, std::string> facts;

  private:
    struct Table {
        cmw_verdict verdict{};
        TestVerdict* self = nullptr;
    };
    static TestVerdict& of(const cmw_verdict* verdict) noexcept {
        return *reinterpret_cast<const Table*>(verdict)->self;
    }
    static void standing_fn(const cmw_verdict* verdict, std::uint32_t standing,
                            std::uint64_t height, cmw_str reason) noexcept {
        auto& self = of(verdict);
        self.standing = standing;
        self.height = height;
        self.reason = to_view(reason);
    }
    static void approve_fn(const cmw_verdict* verdict, const cmw_artifact* artifact) noexcept {
        const auto target = std::string(to_view(artifact->target));
        of(verdict).approved[target] = digest_of(artifact);
        of(verdict).locations[target] = locations_of(artifact);
    }
    static void announce_fn(const cmw_verdict* verdict, const cmw_artifact* artifact,
                            std::uint64_t height, cmw_str why) noexcept {
        of(verdict).announced.push_back({std::string(to_view(artifact->target)),
                                         digest_of(artifact), height, std::string(to_view(why)),
                                         locations_of(artifact)});
    }
    static std::string digest_of(const cmw_artifact* artifact) {
        return std::string(to_view(artifact->algorithm)) + ":" + Artifact(artifact).hex();
    }
    static std::vector<std::string> locations_of(const cmw_artifact* artifact) {
        const auto urls = Artifact(artifact).locations();
        return {urls.begin(), urls.end()};
    }
    static void fact_fn(const cmw_verdict* verdict, cmw_str name, cmw_str value) noexcept {
        of(verdict).facts[std::string(to_view(name))] = to_view(value);
    }
    Table table_;
};

/// Takes what a binary source writes; can refuse after `limit` bytes.
class TestWriter {
  public:
    explicit TestWriter(std::string kept = {},
                        std::size_t limit = std::numeric_limits<std::size_t>::max())
        : content(std::move(kept)), limit_(limit) {
        table_.writer = {sizeof(cmw_writer), 0, content.size(), &begin_fn, &write_fn};
        table_.self = this;
    }
    TestWriter(const TestWriter&) = delete;
    TestWriter& operator=(const TestWriter&) = delete;
    Writer handle() noexcept { return Writer(&table_.writer, &error_); }

    std::string content;
    std::uint64_t began_at = CMW_SIZE_UNKNOWN; ///< CMW_SIZE_UNKNOWN: begin was not called.
    std::uint64_t total = CMW_SIZE_UNKNOWN;

  private:
    struct Table {
        cmw_writer writer{};
        TestWriter* self = nullptr;
    };
    static TestWriter& of(const cmw_writer* writer) noexcept {
        return *reinterpret_cast<const Table*>(writer)->self;
    }
    static cmw_status begin_fn(const cmw_writer* writer, std::uint64_t offset, std::uint64_t total,
                               cmw_error* error) noexcept {
        auto& self = of(writer);
        if (offset > self.content.size())
            return detail::report(error, CMW_FAILED, "cannot begin behind what is there");
        self.content.resize(offset);
        self.began_at = offset;
        self.total = total;
        return CMW_OK;
    }
    static cmw_status write_fn(const cmw_writer* writer, const void* data, std::size_t size,
                               cmw_error* error) noexcept {
        auto& self = of(writer);
        if (self.content.size() + size > self.limit_)
            return detail::report(error, CMW_FAILED, "cannot take more: the limit is reached");
        self.content.append(static_cast<const char*>(data), size);
        return CMW_OK;
    }

    std::size_t limit_;
    Table table_;
    char text_[512] = "";
    cmw_error error_{sizeof(cmw_error), sizeof text_, text_, 0};
};

/// Records of one stream, as a batch.
class TestBatch {
  public:
    TestBatch(std::string stream, std::vector<std::string> lines, const cmw_config* use = nullptr)
        : stream_(std::move(stream)), lines_(std::move(lines)) {
        for (std::size_t i = 0; i < lines_.size(); ++i)
            records_.push_back({static_cast<std::int64_t>(1'600'000'000'000'000'000 + i), i + 1,
                                to_str(stream_), to_str(lines_[i]), CMW_LEVEL_INFO, 0});
        static constexpr cmw_config none{sizeof(cmw_config), 0, nullptr};
        table_ = {sizeof(cmw_log_batch), sizeof(cmw_log_record),       records_.size(),
                  records_.data(),       use != nullptr ? use : &none, &rejected};
    }
    TestBatch(const TestBatch&) = delete;
    TestBatch& operator=(const TestBatch&) = delete;

    Batch handle() noexcept { return Batch(&table_, &delivered); }
    const cmw_log_batch* table() const noexcept { return &table_; }
    std::size_t delivered = 0; ///< What the backend said, beside returning or throwing.
    std::size_t rejected = 0;

  private:
    std::string stream_;
    std::vector<std::string> lines_;
    std::vector<cmw_log_record> records_;
    cmw_log_batch table_{};
};

} // namespace testing
} // namespace cmw
