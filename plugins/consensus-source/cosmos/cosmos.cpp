// SPDX-License-Identifier: Apache-2.0
#include "consensus-source/cosmos/cosmos.hpp"

#include "shared/file_watch.hpp"
#include "shared/hex.hpp"
#include "shared/small_file.hpp"

namespace cmw::cosmos {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t largest_file = 1u << 20;
constexpr auto near_pace = std::chrono::seconds(5);
constexpr std::uint64_t near_blocks = 200; // A quarter of an hour or so.

std::string upgrade_info(const Settings& settings) {
    return (settings.home / "data" / "upgrade-info.json").string();
}

std::string base_of(const Binary& given) {
    return given.algorithm + ":" + shared::to_hex(given.digest);
}

} // namespace

void Cosmos::check(const Settings& settings) {
    if (settings.rpc) rpc_url(*settings.rpc);
    if (settings.target.empty()) throw Error(CMW_CONFIG, "cannot use 'target': it is empty");
    if (settings.url && !settings.digest)
        throw Error(CMW_CONFIG, "cannot use 'url' without 'digest'");
    if (!settings.digest) return;
    try {
        parse_digest(*settings.digest);
    } catch (const Error& e) {
        throw Error(CMW_CONFIG, std::string("cannot use 'digest': ") + e.what());
    }
}

Cosmos::Cosmos(Settings settings, Host host)
    : settings_(std::move(settings)),
      host_(host),
      record_path_(std::string(host.state_dir()) + "/upgrade.json"),
      info_({.timeout = settings_.timeout,
             .redirects = 5,
             .user_agent = std::string(host.product())}) {
    check(settings_);
    if (settings_.rpc)
        rpc_.emplace(rpc_url(*settings_.rpc), settings_.timeout, std::string(host.product()));
    if (!settings_.digest) return;
    given_ = parse_digest(*settings_.digest);
    base_ = base_of(given_);
    if (settings_.url) given_.locations = {*settings_.url};
}

Cosmos::~Cosmos() = default;

void Cosmos::poll(const Call& call, Verdict& verdict) {
    if (told_) wait_for_news(call);
    // A call that is cancelled in the midst of looking leaves it to the next one.
    told_ = false;
    look(call);
    tell(verdict);
    told_ = true;
}

void Cosmos::wait_for_news(const Call& call) {
    // The file is told of. The node has to be asked, and so has a folder that is not there yet.
    auto until = Clock::time_point::max();
    if (rpc_ || !watch_ || record_->due)
        until =
            looked_at_ + (is_near() ? std::min<std::chrono::nanoseconds>(settings_.every, near_pace)
                                    : settings_.every);
    if (!watch_) {
        call.wait(-1, 0, until);
        return;
    }
    try {
        watch_->wait(call, until);
    } catch (const Error& e) {
        if (e.status() != CMW_NOT_FOUND) throw;
        watch_.reset(); // The folder went away.
    }
}

bool Cosmos::is_near() const {
    if (record_->due) return true;
    if (record_->noted && record_->noted->as == Noted::As::Silent) return true;
    return node_ && record_->planned && record_->planned->height <= node_->height + near_blocks;
}

void Cosmos::look(const Call& call) {
    looked_at_ = Clock::now();
    problems_.clear();
    watch(); // First: what changes while one looks is told afterwards.
    auto sight = see(call);
    auto record = record_ ? *record_ : begin(load_record(record_path_), base_, given_, sight);
    if (rpc_ && must_ask_applied(record, sight)) {
        try {
            sight.applied = rpc_->applied_plan(call, sight.file->name);
        } catch (const Error& e) {
            if (e.status() == CMW_CANCELLED) throw;
            complain(e.what());
        }
    }
    auto ruling = judge(std::move(record), sight);
    complain(ruling.problem);
    keep(settle(call, std::move(ruling.record)));
    find_coming(call, *record_, sight);
    if (problems_ != warned_ && !problems_.empty()) host_.warn(problems_);
    warned_ = problems_;
}

void Cosmos::watch() {
    if (watch_ && watch_->current()) return;
    watch_.reset();
    try {
        watch_ = std::make_unique<shared::FileWatch>(upgrade_info(settings_));
    } catch (const std::system_error& e) {
        // A node that is new has none yet.
        if (e.code() != std::errc::no_such_file_or_directory) complain(e.what());
    }
}

Sight Cosmos::see(const Call& call) {
    Sight sight;
    // The file first: then a node below the height did not write it, however fast it goes on.
    see_file(sight);
    if (rpc_) see_node(call, sight);
    return sight;
}

void Cosmos::see_file(Sight& sight) {
    const auto path = upgrade_info(settings_);
    try {
        const auto file = shared::read_small_file(path, largest_file);
        if (!file) return;
        sight.file = parse_upgrade_info(file->text);
        sight.stamp = file->stamp;
    } catch (const Error& e) {
        complain(e.status() == CMW_INVALID ? "cannot use " + path + ": " + e.what() : e.what());
    } catch (const std::system_error& e) {
        complain(e.what());
    }
}

void Cosmos::see_node(const Call& call, Sight& sight) {
    sight.asked = true;
    node_.reset();
    try {
        node_ = rpc_->status(call);
        sight.height = node_->height;
        sight.plan = rpc_->current_plan(call);
        sight.plan_known = true;
    } catch (const Error& e) {
        if (e.status() == CMW_CANCELLED) throw;
        complain(e.what());
    }
}

void Cosmos::keep(Record record) {
    if (record_ == record) return;
    save_record(record_path_, record); // Before it is told.
    if (record_ && record_->upgrade != record.upgrade)
        host_.info("the upgrade \"" + record.upgrade + "\" at height " +
                   std::to_string(record.height) + " is due");
    record_ = std::move(record);
}

Record Cosmos::settle(const Call& call, Record record) {
    if (!record.due) return record;
    try {
        auto binary = info_.binary(call, record.due->info);
        return take_due(std::move(record), std::move(binary), "");
    } catch (const Error& e) {
        if (e.status() == CMW_CANCELLED) throw;
        if (e.status() == CMW_INVALID) return take_due(std::move(record), std::nullopt, e.what());
        complain(e.what());
    }
    return record;
}

void Cosmos::find_coming(const Call& call, const Record& record, const Sight& sight) {
    coming_.clear();
    const auto add = [&](const std::optional<Plan>& plan) {
        if (!plan || plan->height <= record.height || (record.due && plan->is(*record.due))) return;
        if (node_ && plan->height < node_->height) return; // It was not made, and will not be.
        try {
            coming_.push_back({*plan, info_.binary(call, plan->info)});
        } catch (const Error& e) {
            if (e.status() == CMW_CANCELLED) throw;
            complain(plan->text() + ": " + e.what());
        }
    };
    add(record.planned);
    if (!(record.planned && sight.file && record.planned->is(*sight.file))) add(sight.file);
}

void Cosmos::complain(const std::string& problem) {
    if (problem.empty()) return;
    problems_ += (problems_.empty() ? "" : "; ") + problem;
}

std::string Cosmos::what_to_do() const {
    return "no upgrade was made yet and 'digest' is not set: the chain names no digest before its "
           "first upgrade, so set it to that of the program to begin with (sha256sum PROGRAM), as "
           "digest = \"sha256:HEX\"" +
           (problems_.empty() ? std::string() : "; " + problems_);
}

void Cosmos::tell(Verdict& verdict) const {
    const auto& record = *record_;
    const auto height = node_ ? node_->height : record.height;
    if (record.approved || !record.upgrade.empty())
        verdict.run(height);
    else
        verdict.wait(height, what_to_do());
    if (record.approved)
        verdict.approve(settings_.target, record.approved->algorithm, record.approved->digest,
                        record.approved->locations);
    for (const auto& [plan, binary] : coming_)
        verdict.announce(settings_.target, binary.algorithm, binary.digest, plan.height,
                         "upgrade " + plan.name + " planned", binary.locations);
    if (node_) {
        verdict.fact("height", std::to_string(node_->height));
        verdict.fact("catching_up", node_->catching_up ? "true" : "false");
        verdict.fact("network", node_->network);
    }
    if (!record.upgrade.empty()) {
        verdict.fact("upgrade", record.upgrade);
        verdict.fact("upgrade_height", std::to_string(record.height));
    }
    const auto& plan = record.due ? record.due : record.planned;
    if (plan) {
        verdict.fact("plan", plan->name);
        verdict.fact("plan_height", std::to_string(plan->height));
        if (node_ && plan->height >= node_->height)
            verdict.fact("blocks_left", std::to_string(plan->height - node_->height));
    }
    auto problem = record.missing;
    if (!problems_.empty()) problem += (problem.empty() ? "" : "; ") + problems_;
    if (!problem.empty()) verdict.fact("problem", problem);
    verdict.fact("record", record_path_);
}

} // namespace cmw::cosmos
