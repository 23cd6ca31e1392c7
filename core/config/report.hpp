// SPDX-License-Identifier: Apache-2.0
//
// config/report.hpp - collects what is wrong with a configuration while it is read on.
#pragma once

#include "base/problem.hpp"
#include "config/document.hpp"

namespace cmw::config {

/// One fault of a value, before it is known where that stands.
struct Fault {
    std::string what; ///< As in base::Problem.
    std::string fix;
    std::size_t item = 0; ///< Of a list: which one.
};

class Report {
  public:
    void add(const Position& position, std::string what, std::string fix = {});
    /// A problem, but of a plugin's library rather than of the configuration.
    void add_unavailable(const Position& position, std::string what, std::string fix = {});
    void warn(const Position& position, std::string what, std::string fix = {});

    /// Problems so far: if it has not grown, what was read in between is fine.
    std::size_t count() const { return problems_.size(); }
    std::size_t unavailable() const { return unavailable_; }

    /// In file order.
    base::Problems problems(const Document& document) const;
    base::Problems warnings(const Document& document) const;

  private:
    struct Finding {
        Position position;
        std::string what;
        std::string fix;
    };
    static base::Problems in_order(std::vector<Finding> findings, const Document& document);

    std::size_t unavailable_ = 0;
    std::vector<Finding> problems_;
    std::vector<Finding> warnings_;
};

/// What every function that reads values needs.
struct Reading {
    const Document& document;
    Report& report;
};

} // namespace cmw::config
