// SPDX-License-Identifier: Apache-2.0
//
// cmw/log_backend.hpp - base class of log backends, over cmw/abi/log_backend.h.
#pragma once

#include <cmw/abi/log_backend.h>
#include <cmw/registration.hpp>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <iterator>

namespace [[gnu::visibility("hidden")]] cmw {

/// Records to deliver. Borrowed: not to be kept past LogBackend::write.
class Batch {
  public:
    /// Walks by the host's record size, which may be larger than ours.
    class Iterator {
      public:
        using value_type = cmw_log_record;
        using difference_type = std::ptrdiff_t;

        Iterator() = default;
        Iterator(const cmw_log_batch* batch, std::size_t index) : batch_(batch), index_(index) {}

        const cmw_log_record& operator*() const {
            const auto* bytes = reinterpret_cast<const std::byte*>(batch_->records);
            return *reinterpret_cast<const cmw_log_record*>(bytes + index_ * batch_->record_size);
        }
        Iterator& operator++() { return ++index_, *this; }
        Iterator operator++(int) { return {batch_, index_++}; }
        bool operator==(const Iterator&) const = default;

      private:
        const cmw_log_batch* batch_ = nullptr;
        std::size_t index_ = 0;
    };

    Batch(const cmw_log_batch* batch, std::size_t* delivered)
        : batch_(batch), delivered_(delivered) {}

    Iterator begin() const { return {batch_, 0}; }
    Iterator end() const { return {batch_, batch_->count}; }
    std::size_t size() const noexcept { return batch_->count; }
    std::string_view stream() const noexcept { return to_view((*begin()).stream); }

    /// The options of this stream's use of the backend: use_settings<Plugin>(batch.use()).
    const cmw_config& use() const noexcept { return *batch_->use; }

    /// Say that the first `count` records are safe, so that a failure after this repeats only the rest.
    void delivered(std::size_t count) noexcept { *delivered_ = count; }

    /// Say that `count` more of the records that are delivered can never be taken: they were left
    /// out. A host that is too old to ask does not hear it.
    void rejected(std::size_t count) noexcept {
        if (CMW_HAS(batch_, rejected) && batch_->rejected != nullptr) *batch_->rejected += count;
    }

  private:
    const cmw_log_batch* batch_;
    std::size_t* delivered_;
};

static_assert(std::forward_iterator<Batch::Iterator>);

class LogBackend {
  public:
    virtual ~LogBackend() = default;

    /// Deliver the batch, all of it unless this throws.
    virtual void write(const Call& call, Batch& batch) = 0;

    /// Lower the limits of a batch, and say how many may be on their way at once. All members are
    /// there, however old the host is; it knows of those that it has.
    virtual void limits(cmw_log_limits&) const {}

    using Kind = LogBackend;
    static constexpr const char* kind = CMW_KIND_LOG_BACKEND;
    static const cmw_log_backend_ops ops;
};

inline constexpr cmw_log_backend_ops LogBackend::ops{
    .struct_size = sizeof(cmw_log_backend_ops),
    .write =
        [](void* instance, const cmw_call* call, const cmw_log_batch* batch, std::size_t* delivered,
           cmw_error* error) noexcept {
            return detail::guarded(error, [&] {
                Batch records(batch, delivered);
                static_cast<LogBackend*>(instance)->write(Call(call), records);
            });
        },
    .limits =
        [](void* instance, cmw_log_limits* limits) noexcept {
            cmw_log_limits ours{};
            const auto known = std::min<std::size_t>(limits->struct_size, sizeof ours);
            std::memcpy(&ours, limits, known);
            static_cast<LogBackend*>(instance)->limits(ours);
            std::memcpy(limits, &ours, known);
        },
};

} // namespace cmw
