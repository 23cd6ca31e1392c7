// SPDX-License-Identifier: Apache-2.0
//
// What an operator orders of a component: taken (order.hpp), kept, remembered, and then planned for.
#include "base/system.hpp"
#include "reconcile/order.hpp"
#include "reconcile/reconciler_impl.hpp"

#include <cmw/abi/plugin.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

namespace cmw::reconcile {

using base::Result;

namespace {

using Done = std::function<void(Result<std::string>)>;

void obey(Board& board, const std::string& name, const ComponentOrder& order,
          const std::string& who, const Done& done) {
    const auto taken = take(board.facts, name, order);
    if (!taken) return done(tl::unexpected(taken.error()));
    std::set<std::string> changed;
    for (const auto& one : taken->changes) {
        const bool own = one.component == name;
        const auto why = own ? (order.file.empty() ? "" : "file " + order.file) : "with " + name;
        board.remember({0,
                        {},
                        "component",
                        one.component,
                        one.event,
                        hex_of(one.from),
                        hex_of(one.to),
                        why,
                        who});
        board.forgive(one.component);
        if (one.event == taken->changes.front().event)
            board.component(one.component).ordered_by = who;
        changed.insert(one.component);
    }
    board.save(changed);
    board.log(CMW_LEVEL_INFO, fmt::format("{} by {}", taken->text, who));
    board.replan();
    done(taken->text);
}

/// Why the file is not fit to be a component; nothing if it is.
Result<> check_file(const std::string& path, const binary_store::Target& target,
                    std::int64_t max_size) {
    const auto file = base::sys::open(path, O_RDONLY | O_NONBLOCK);
    if (!file) {
        auto problem = base::system_problem(path, "open the file", file.error());
        problem.fix = fmt::format("the host reads it as its own user, uid {}", ::geteuid());
        return base::fail(std::move(problem));
    }
    const auto found = base::sys::fstat(file->get());
    if (!found) return base::fail(base::system_problem(path, "read the file", found.error()));
    if (!S_ISREG(found->st_mode))
        return base::fail(path, "cannot pin it: it is not a regular file");
    if (found->st_size == 0) return base::fail(path, "cannot pin the file: it is empty");
    if (found->st_size > max_size)
        return base::fail(path, "cannot pin the file: it is larger than the component's max-size");
    if (!target.executable) return {};
    std::array<std::byte, 4096> begin{};
    const auto read = base::sys::pread(file->get(), begin, 0);
    if (!read) return base::fail(base::system_problem(path, "read the file", read.error()));
    const auto why = binary_store::why_not_executable(std::span(begin).first(*read));
    if (why.empty()) return {};
    return base::fail(path, "cannot pin the file: " + why, "name the program that is to be run");
}

/// Brings the file into the store; its digest.
Result<Digest> import(const binary_store::Store& store, const std::string& component,
                      const std::string& path, const binary_store::Target& target,
                      std::int64_t max_size, const std::string& algorithm) {
    if (const auto fit = check_file(path, target, max_size); !fit)
        return tl::unexpected(fit.error());
    const auto found = binary_store::verify(path, algorithm);
    if (!found) return tl::unexpected(found.error());
    if (!*found) return base::fail(path, "cannot find the file");
    const auto& digest = (*found)->digest;
    // Used from now on: a cleanup that is under way must not take it for something forgotten.
    const auto imported = store.has(digest) ? Result<>() : store.import(path, digest);
    const auto noted = imported ? store.uses().note(digest, component) : imported;
    if (!noted) return tl::unexpected(noted.error());
    return digest;
}

} // namespace

void Reconciler::order(const std::string& name, const ComponentOrder& order, const std::string& who,
                       const Done& done) {
    auto& board = *impl_->board;
    if (order.file.empty()) return obey(board, name, order, who, done);
    const auto& c = board.component(name);
    const auto& work = board.components.at(name);
    const auto& model = c.approved ? c.approved : c.activated;
    board.on_worker<Result<Digest>>(
        [store = board.parts.store, name, order, target = work.target,
         max_size = work.settings->max_size,
         algorithm = model ? model->algorithm : std::string(base::default_algorithm)] {
            return import(store, name, order.file, target, max_size, algorithm);
        },
        [&board, name, order, who, done](const Result<Digest>& digest) {
            if (!digest) return done(tl::unexpected(digest.error()));
            board.component(name).stored.insert(*digest);
            auto whole = order;
            whole.digest = digest->hex();
            obey(board, name, whole, who, done);
        });
}

} // namespace cmw::reconcile
