// SPDX-License-Identifier: Apache-2.0
#include "plugin_host/binary_source.hpp"

#include "plugin_host/passed.hpp"

#include <cmw/abi/binary_source.h>
#include <mutex>

namespace cmw::plugin_host {

namespace {

/// The cmw_writer of one fetch. The plugin may call from any thread, but only during its fetch; a
/// call that was given up must not reach the sink any more.
class SinkWriter {
  public:
    SinkWriter(ByteSink& sink, const cmw_call& call) : sink_(sink), call_(call) {
        table_.writer = {sizeof(cmw_writer), 0, sink.offset(), &begin, &write};
        table_.self = this;
    }
    SinkWriter(const SinkWriter&) = delete;
    SinkWriter& operator=(const SinkWriter&) = delete;

    const cmw_writer& table() const noexcept { return table_.writer; }

    /// The source said that this was all.
    base::Result<> finish() {
        const std::lock_guard lock(mutex_);
        start(0, CMW_SIZE_UNKNOWN);
        if (!problem_) keep(sink_.finish());
        return result();
    }
    /// What the sink refused, whatever the source made of it.
    base::Result<> result() const {
        return problem_ ? base::Result<>(tl::unexpected(*problem_)) : base::Result<>();
    }

  private:
    struct Table {
        cmw_writer writer{}; ///< First, so that a cmw_writer* is a Table*.
        SinkWriter* self = nullptr;
    };
    static SinkWriter& of(const cmw_writer* writer) noexcept {
        return *reinterpret_cast<const Table*>(writer)->self;
    }
    static cmw_status begin(const cmw_writer* writer, std::uint64_t offset, std::uint64_t total,
                            cmw_error* error) noexcept;
    static cmw_status write(const cmw_writer* writer, const void* data, std::size_t size,
                            cmw_error* error) noexcept;

    void keep(base::Result<> result) {
        if (!result && !problem_) problem_ = result.error();
    }
    void start(std::uint64_t offset, std::uint64_t total) {
        if (std::exchange(begun_, true) || problem_) return;
        keep(sink_.begin(offset, total));
    }
    cmw_status answer(cmw_error* error) const noexcept {
        return problem_ ? refuse(error, CMW_FAILED, problem_->what) : cmw_status{CMW_OK};
    }

    ByteSink& sink_;
    const cmw_call& call_;
    Table table_;
    std::mutex mutex_;
    bool begun_ = false;
    std::optional<base::Problem> problem_;
};

cmw_status SinkWriter::begin(const cmw_writer* writer, std::uint64_t offset, std::uint64_t total,
                             cmw_error* error) noexcept {
    auto& self = of(writer);
    const std::lock_guard lock(self.mutex_);
    if (self.call_.cancelled(&self.call_) != 0) return refuse(error, CMW_CANCELLED, "cancelled");
    if (self.begun_ || (offset != 0 && offset != self.table_.writer.offset))
        self.keep(base::fail("", "cannot begin there: the source says it twice, or at an offset "
                                 "that the host does not have"));
    self.start(offset, total);
    return self.answer(error);
}

cmw_status SinkWriter::write(const cmw_writer* writer, const void* data, std::size_t size,
                             cmw_error* error) noexcept {
    auto& self = of(writer);
    const std::lock_guard lock(self.mutex_);
    if (self.call_.cancelled(&self.call_) != 0) return refuse(error, CMW_CANCELLED, "cancelled");
    self.start(0, CMW_SIZE_UNKNOWN);
    if (data == nullptr && size > 0)
        self.keep(base::fail("", "cannot write: the source gave a size without bytes"));
    if (!self.problem_) self.keep(self.sink_.write({static_cast<const std::byte*>(data), size}));
    return self.answer(error);
}

/// What a fetch asks for, owned: the call may outlive who made it.
struct Request {
    Artifact artifact;
    ConfigTable use;
    std::shared_ptr<ByteSink> sink;
    base::Result<> taken; ///< What the sink said.
};

tl::expected<void, Failure> fetch_now(Request& request, Session& session, const cmw_call& call) {
    const auto& digest = request.artifact.digest;
    const auto& target = request.artifact.target;
    std::vector<cmw_str> locations;
    for (const auto& url : request.artifact.locations)
        locations.push_back({url.data(), url.size()});
    const cmw_artifact artifact{sizeof(cmw_artifact),
                                static_cast<std::uint32_t>(digest.bytes.size()),
                                digest.bytes.data(),
                                {digest.algorithm.data(), digest.algorithm.size()},
                                {target.data(), target.size()},
                                locations.data(),
                                static_cast<std::uint32_t>(locations.size()),
                                0};
    SinkWriter writer(*request.sink, call);
    const auto& ops = session.ops<cmw_binary_source_ops>();
    const auto result = guarded_call([&](cmw_error* error) {
        return may_throw(ops.fetch)(session.handle(), &call, &request.use.get(), &artifact,
                                    &writer.table(), error);
    });
    request.taken = result ? writer.finish() : writer.result();
    // That the host wanted no more is no fault of the source.
    return request.taken ? result : tl::expected<void, Failure>();
}

class Adapter final : public BinarySource {
  public:
    explicit Adapter(Instance& instance) : instance_(instance) {}

    void fetch(const Artifact& artifact, const config::OptionValues& use,
               std::shared_ptr<ByteSink> sink,
               std::function<void(tl::expected<void, Failure>)> done) override {
        auto request =
            std::make_shared<Request>(Request{artifact, ConfigTable(use), std::move(sink), {}});
        // No deadline unless one is set: a large file may take hours on a slow line.
        instance_.call(
            instance_.settings().deadline.value_or(base::Nanoseconds::max()),
            [request](Session& session, const cmw_call& call) {
                return fetch_now(*request, session, call);
            },
            [request, done = std::move(done)](const tl::expected<void, Failure>& result) {
                if (result && !request->taken)
                    done(
                        tl::unexpected(Failure{CMW_FAILED, to_string(request->taken.error()), {}}));
                else
                    done(result);
            });
    }
    void cancel() override { instance_.cancel(); }
    InstanceStatus status() const override { return instance_.status(); }

  private:
    Instance& instance_;
};

} // namespace

std::unique_ptr<BinarySource> make_binary_source(Instance& instance) {
    return std::make_unique<Adapter>(instance);
}

} // namespace cmw::plugin_host
