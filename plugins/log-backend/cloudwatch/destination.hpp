// SPDX-License-Identifier: Apache-2.0
//
// cloudwatch/destination.hpp - the log group and stream that records go to: their names, and making
// them. An instance of the backend makes one that is missing when it first writes to it ("already
// exists" is success). One that is deleted later is a failure, and comes back by the next instance.
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

/// Makes groups and streams as they should be, once for each. For one thread.
class Destinations {
  public:
    Destinations(Service& service, GroupSettings settings)
        : service_(service), settings_(std::move(settings)) {}

    /// Before an instance writes to it: the group's retention. Throws cmw::Error.
    void prepare(const Call& call, const Destination& destination);

    /// The service says that it is not there: makes the stream, and the group if need be. False: not
    /// to be made, or this instance saw it there. Throws cmw::Error.
    bool make(const Call& call, const Destination& destination);

    /// It was written to.
    void is_there(const Destination& destination) { streams_.insert(destination); }

  private:
    std::optional<Refusal> ask(const Call& call, const std::string& operation,
                               const Destination& destination);
    void need(const Call& call, const std::string& operation, const Destination& destination);
    void make_group(const Call& call, const Destination& destination);

    Service& service_;
    GroupSettings settings_;
    std::set<Destination> streams_; ///< That were there.
    std::set<std::string> groups_;  ///< Whose retention is set.
};

} // namespace cmw::cloudwatch
