// SPDX-License-Identifier: Apache-2.0
//
// cloudwatch/destination.hpp - the log group and stream that records go to: their names, and making
// them. A new instance of the backend makes each once, before it writes to it ("already exists" is
// success), so that a group or stream that was deleted comes back as any other failure is mended.
#pragma once

#include "service.hpp"

#include <map>
#include <set>

namespace cmw::cloudwatch {

struct Destination {
    std::string group;
    std::string stream;
    auto operator<=>(const Destination&) const = default;
    std::string shown() const { return "the stream " + stream + " of the group " + group; }
};

/// Throws CMW_CONFIG for names that the service does not take.
void check_group_name(const std::string& group);
void check_stream_name(const std::string& stream);

/// What a group is to be like.
struct GroupSettings {
    bool create = true;                      ///< What is missing.
    std::int64_t retention_days = 0;         ///< 0: as it is.
    std::map<std::string, std::string> tags; ///< Of a group that is made.
};

/// Makes sure, once for each, that destinations are there. For one thread.
class Destinations {
  public:
    Destinations(Service& service, GroupSettings settings)
        : service_(service), settings_(std::move(settings)) {}

    /// Throws cmw::Error.
    void ensure(const Call& call, const Destination& destination);

  private:
    std::optional<Refusal> ask(const Call& call, const std::string& operation,
                               const Destination& destination);
    void create_group(const Call& call, const Destination& destination);

    Service& service_;
    GroupSettings settings_;
    std::set<Destination> streams_; ///< That are there.
    std::set<std::string> groups_;  ///< Whose retention is set.
};

} // namespace cmw::cloudwatch
