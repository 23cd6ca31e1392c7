// SPDX-License-Identifier: Apache-2.0
#include "plugin_host/command_source.hpp"

#include "plugin_host/passed.hpp"
#include "plugin_host/shown_text.hpp"

#include <cmw/abi/command_source.h>
#include <fmt/format.h>
#include <mutex>

namespace cmw::plugin_host {

namespace {

constexpr auto default_deadline = std::chrono::minutes(5);
constexpr std::size_t max_files = 1000;
constexpr std::size_t max_file = std::size_t{1} << 20;
constexpr std::size_t max_bytes = std::size_t{16} << 20; ///< Of all files.

using Files = std::vector<CommandFile>;

/// The cmw_mailbox of one poll. The plugin may call from any thread, but only during its poll.
class Mailbox {
  public:
    Mailbox() {
        table_.mailbox = {sizeof(cmw_mailbox), &deliver};
        table_.self = this;
    }
    Mailbox(const Mailbox&) = delete;
    Mailbox& operator=(const Mailbox&) = delete;

    const cmw_mailbox& table() const noexcept { return table_.mailbox; }

    tl::expected<Files, Failure> take() {
        const std::lock_guard lock(mutex_);
        if (fault_.empty()) return std::move(files_);
        return tl::unexpected(Failure{CMW_INVALID, "cannot take the commands: " + fault_, {}});
    }

  private:
    struct Table {
        cmw_mailbox mailbox{}; ///< First, so that a cmw_mailbox* is a Table*.
        Mailbox* self = nullptr;
    };

    static void deliver(const cmw_mailbox* mailbox, cmw_str name, cmw_str content) noexcept {
        auto& self = *reinterpret_cast<const Table*>(mailbox)->self;
        const std::lock_guard lock(self.mutex_);
        const auto shown = fit_to_show(view_of(name), 200);
        const auto bytes = view_of(content);
        if (shown.empty())
            self.fault_ = "a file has no name";
        else if (bytes.size() > max_file)
            self.fault_ =
                fmt::format("\"{}\" has {} bytes, more than {}", shown, bytes.size(), max_file);
        else if (self.files_.size() == max_files || self.bytes_ + bytes.size() > max_bytes)
            self.fault_ = fmt::format("there are more than {} files or {} bytes of them", max_files,
                                      max_bytes);
        if (!self.fault_.empty()) return;
        self.bytes_ += bytes.size();
        self.files_.push_back({shown, std::string(bytes)});
    }

    Table table_;
    std::mutex mutex_;
    Files files_;
    std::size_t bytes_ = 0;
    std::string fault_;
};

class Adapter final : public CommandSource {
  public:
    explicit Adapter(Instance& instance) : instance_(instance) {}

    void poll(std::function<void(tl::expected<Files, Failure>)> done) override {
        auto answer = std::make_shared<Files>();
        instance_.call(
            instance_.settings().deadline.value_or(default_deadline),
            [answer](Session& session, const cmw_call& call) -> tl::expected<void, Failure> {
                const auto& ops = session.ops<cmw_command_source_ops>();
                Mailbox mailbox;
                const auto result = guarded_call([&](cmw_error* error) {
                    return may_throw(ops.poll)(session.handle(), &call, &mailbox.table(), error);
                });
                if (!result) return result;
                auto files = mailbox.take();
                if (!files) return tl::unexpected(files.error());
                *answer = std::move(*files);
                return {};
            },
            [answer, done = std::move(done)](const tl::expected<void, Failure>& result) {
                done(result.map([&] { return std::move(*answer); }));
            });
    }
    void cancel() override { instance_.cancel(); }
    void reinitialise() override { instance_.reinitialise(); }
    InstanceStatus status() const override { return instance_.status(); }

  private:
    Instance& instance_;
};

} // namespace

std::unique_ptr<CommandSource> make_command_source(Instance& instance) {
    return std::make_unique<Adapter>(instance);
}

} // namespace cmw::plugin_host
