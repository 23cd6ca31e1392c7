// SPDX-License-Identifier: Apache-2.0
#include "channel.hpp"

#include "shared/socket.hpp"

#include <sys/socket.h>

namespace cmw::syslog {

namespace {

using shared::Patience;
using shared::UniqueFd;

UniqueFd connect(const Call& call, const ChannelSettings& settings) {
    const auto& address = settings.address;
    const int type = address.stream() ? SOCK_STREAM : SOCK_DGRAM;
    if (address.local()) return shared::connect_unix(call, address.path, type, settings.timeout);
    return shared::connect_inet(call, address.host, address.port, type, settings.timeout);
}

/// Gives each message to `send`; the numbers of those for which that is false.
template <class Send>
std::vector<std::size_t> send_each(const Messages& messages, Send send) {
    std::vector<std::size_t> left_out;
    std::size_t begin = 0;
    for (std::size_t number = 0; number < messages.ends.size(); ++number) {
        const auto end = messages.ends[number];
        if (!send(std::string_view(messages.bytes).substr(begin, end - begin)))
            left_out.push_back(number);
        begin = end;
    }
    return left_out;
}

class UnixDatagrams final : public Channel {
  public:
    UnixDatagrams(const Call& call, const ChannelSettings& settings)
        : settings_(settings),
          patience_{settings.timeout, settings.shown},
          fd_(connect(call, settings)) {}

    std::vector<std::size_t> send(const Call& call, const Messages& messages) override {
        auto left_out = send_each(messages, [&](std::string_view message) {
            return shared::send_datagram(call, fd_.get(), message, patience_);
        });
        shared::wait_until_taken(call, fd_.get(), patience_);
        // The queue of a receiver that died is empty, too.
        (void)connect(call, settings_);
        return left_out;
    }

  private:
    ChannelSettings settings_;
    Patience patience_;
    UniqueFd fd_;
};

/// Paced, for there is nobody who says that it was too fast (RFC 5426, 4.3).
class Udp final : public Channel {
  public:
    Udp(const Call& call, const ChannelSettings& settings)
        : patience_{settings.timeout, settings.shown},
          rate_(settings.rate),
          fd_(connect(call, settings)) {}

    std::vector<std::size_t> send(const Call& call, const Messages& messages) override {
        auto left_out = send_each(messages, [&](std::string_view message) {
            if (rate_ > 0 && ++burst_ > burst()) rest(call);
            return shared::send_datagram(call, fd_.get(), message, patience_);
        });
        // What came back by ICMP meanwhile: nobody listens.
        int error = 0;
        socklen_t size = sizeof error;
        ::getsockopt(fd_.get(), SOL_SOCKET, SO_ERROR, &error, &size);
        if (error != 0)
            throw Error(CMW_AGAIN, "cannot send to " + patience_.peer + ": " +
                                       std::generic_category().message(error));
        return left_out;
    }

  private:
    /// A hundredth of a second's worth at once.
    std::int64_t burst() const { return std::max<std::int64_t>(1, rate_ / 100); }

    void rest(const Call& call) {
        using namespace std::chrono;
        const auto due = burst_began_ + nanoseconds(seconds(1)) * burst() / rate_;
        call.wait(-1, 0, due);
        burst_began_ = std::max(due, steady_clock::now());
        burst_ = 1;
    }

    Patience patience_;
    std::int64_t rate_;
    std::int64_t burst_ = 0;
    std::chrono::steady_clock::time_point burst_began_ = std::chrono::steady_clock::now();
    UniqueFd fd_;
};

/// TCP, or a Unix socket of that kind.
class Stream final : public Channel {
  public:
    Stream(const Call& call, const ChannelSettings& settings)
        : patience_{settings.timeout, settings.shown}, fd_(connect(call, settings)) {}
    ~Stream() override { shared::close_gently(fd_.get()); }
    Stream(const Stream&) = delete;
    Stream& operator=(const Stream&) = delete;

    std::vector<std::size_t> send(const Call& call, const Messages& messages) override {
        shared::check_open(fd_.get(), patience_);
        shared::send_stream(call, fd_.get(), messages.bytes, patience_);
        shared::wait_until_taken(call, fd_.get(), patience_);
        shared::check_open(fd_.get(), patience_);
        return {};
    }

  private:
    Patience patience_;
    UniqueFd fd_;
};

} // namespace

std::unique_ptr<Channel> open_channel(const Call& call, const ChannelSettings& settings) {
    switch (settings.address.transport) {
    case Address::Transport::unix_datagram:
        return std::make_unique<UnixDatagrams>(call, settings);
    case Address::Transport::udp:
        return std::make_unique<Udp>(call, settings);
    case Address::Transport::tls:
        return open_tls_channel(call, settings);
    case Address::Transport::unix_stream:
    case Address::Transport::tcp:
        break;
    }
    return std::make_unique<Stream>(call, settings);
}

} // namespace cmw::syslog
