// SPDX-License-Identifier: Apache-2.0
#include "control/api.hpp"

#include "base/system.hpp"
#include "control/connection.hpp"
#include "control/history.hpp"
#include "control/socket.hpp"

#include <cerrno>
#include <charconv>
#include <fmt/format.h>
#include <pwd.h>
#include <set>

namespace cmw::control {

using base::Problem;
using std::chrono::milliseconds;

namespace {

constexpr std::size_t default_history = 50;
constexpr auto between_lines = milliseconds(100);
constexpr auto accept_pause = milliseconds(500); ///< When the process is out of descriptors.

std::optional<std::size_t> history_limit(const HttpRequest& request) {
    const auto found = request.query.find("limit");
    if (found == request.query.end()) return default_history;
    const auto& text = found->second;
    std::size_t limit = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), limit);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return std::min(limit, Api::max_history);
}

/// "operator alice (uid 1000)", for history.
std::string who_is(uid_t user) {
    const auto* found = ::getpwuid(user);
    return found == nullptr ? fmt::format("operator (uid {})", user)
                            : fmt::format("operator {} (uid {})", found->pw_name, user);
}

/// What is ordered of a component, if it is said in full and no more.
base::Result<reconcile::ComponentOrder> order_in(const HttpRequest& request,
                                                 reconcile::ComponentOrder::What what) {
    using What = reconcile::ComponentOrder::What;
    reconcile::ComponentOrder order{what, {}, {}};
    for (const auto& [key, value] : request.query) {
        const bool digest =
            (what == What::pin && key == "digest") || (what == What::rollback && key == "to");
        if (digest)
            order.digest = value;
        else if (what == What::pin && key == "file")
            order.file = value;
        else
            return base::fail(key, "cannot understand this part of the order", "leave it out");
    }
    if (what == What::pin && order.digest.empty() == order.file.empty())
        return base::fail("", "cannot pin without either a digest or a file", "give one of them");
    if (!order.file.empty() && order.file.front() != '/')
        return base::fail(order.file, "cannot open a file without its whole path",
                          "begin with '/'");
    return order;
}

void answer(Connection& connection, int status, const Problem& problem) {
    connection.answer(status, to_json(problem) + "\n");
}

} // namespace

struct Api::Impl {
    base::EventLoop& loop;
    Requests& requests;
    std::vector<uid_t> allowed;
    ListeningSocket socket;
    base::EventLoop::Handle accepting;
    base::EventLoop::Handle pause;
    std::set<std::shared_ptr<Connection>> connections;
    struct Watcher {
        std::string told;   ///< Last, without the time.
        bool behind = true; ///< There may be news that it could not take.
    };
    std::map<Connection*, Watcher> watchers;
    base::EventLoop::Handle next_line;
    base::Monotonic last_line{};

    base::Result<> listen();
    void accept();
    void admit(base::UniqueFd client);
    void route(Connection& connection, const HttpRequest& request);
    void get(Connection& connection, const HttpRequest& request);
    void post(Connection& connection, const HttpRequest& request);
    void order(Connection& connection, const std::string& service, const std::string& verb);
    void order_component(Connection& connection, const HttpRequest& request,
                         reconcile::ComponentOrder::What what);
    void schedule();
    void tell_all();
    void tell(Connection& connection, const std::string& line, const std::string& comparable);
};

base::Result<> Api::Impl::listen() {
    auto watch = loop.watch(socket.fd(), EPOLLIN, [this](std::uint32_t) { accept(); });
    if (!watch) return tl::unexpected(watch.error());
    accepting = std::move(*watch);
    return {};
}

void Api::Impl::accept() {
    auto client = base::sys::accept(socket.fd());
    if (client) return admit(std::move(*client));
    const int error = client.error();
    if (error != EMFILE && error != ENFILE && error != ENOBUFS && error != ENOMEM) return;
    // The one who waits keeps the socket readable: do not spin until a descriptor is free.
    accepting.reset();
    pause = loop.after(accept_pause, [this] { (void)listen(); });
}

void Api::Impl::admit(base::UniqueFd client) {
    // Those over max_connections are told so; over twice that, not even that.
    if (connections.size() >= 2 * max_connections) return;
    const auto user = base::sys::peer_user(client.get());
    if (!user) return;
    auto connection = std::make_shared<Connection>(
        loop, std::move(client), *user,
        Connection::Hooks{
            [this](Connection& from, const HttpRequest& request) { route(from, request); },
            [this](Connection& drained) {
                if (watchers[&drained].behind) schedule();
            },
            [this](Connection& closed) {
                watchers.erase(&closed);
                connections.erase(closed.shared_from_this());
            }});
    if (connection->start()) connections.insert(std::move(connection));
}

void Api::Impl::route(Connection& connection, const HttpRequest& request) {
    const auto user = connection.user();
    const bool trusted =
        user == 0 || user == ::geteuid() || std::ranges::find(allowed, user) != allowed.end();
    if (!trusted)
        return answer(connection, 403,
                      {"", fmt::format("cannot let uid {} control this host", user),
                       "add the user to [host] control-users"});
    if (connections.size() > max_connections)
        return answer(connection, 503, {"", "cannot serve so many at once", "try again later"});
    if (request.method == "GET") return get(connection, request);
    if (request.method == "POST") return post(connection, request);
    answer(connection, 405, {"", "cannot do " + request.method, "use GET or POST"});
}

void Api::Impl::get(Connection& connection, const HttpRequest& request) {
    using Path = std::vector<std::string>;
    if (request.path == Path{"v1", "status"}) {
        const auto watch = request.query.find("watch");
        if (watch == request.query.end() || watch->second == "0")
            return requests.measured_status(
                [weak = connection.weak_from_this()](const Status& status) {
                    if (const auto waiting = weak.lock())
                        waiting->answer(200, to_json(status) + "\n");
                });
        watchers[&connection] = {};
        return connection.begin_stream(); // drained() brings the first line.
    }
    if (request.path == Path{"v1", "history"}) {
        const auto limit = history_limit(request);
        if (!limit)
            return answer(connection, 400, {"limit", "cannot read the number", "give 0 or more"});
        const auto name = request.query.find("name");
        const auto entries =
            requests.history(name == request.query.end() ? "" : name->second, *limit);
        if (!entries) return answer(connection, 409, entries.error());
        return connection.answer(200, to_json(*entries) + "\n");
    }
    answer(connection, 404, {"", "cannot find what was asked for", ""});
}

void Api::Impl::post(Connection& connection, const HttpRequest& request) {
    const auto& path = request.path;
    const bool verb =
        path.size() == 4 && (path[3] == "start" || path[3] == "stop" || path[3] == "restart");
    if (verb && path[0] == "v1" && path[1] == "services")
        return order(connection, path[2], path[3]);
    if (path.size() == 4 && path[0] == "v1" && path[1] == "orders" &&
        (path[3] == "approve" || path[3] == "decline"))
        return order(connection, path[2], path[3]);
    if (path.size() == 4 && path[0] == "v1" && path[1] == "components")
        if (const auto what = reconcile::parse_order(path[3]))
            return order_component(connection, request, *what);
    if (path == std::vector<std::string>{"v1", "reload"}) return order(connection, "", "reload");
    answer(connection, 404, {"", "cannot find what was asked for", ""});
}

void Api::Impl::order_component(Connection& connection, const HttpRequest& request,
                                reconcile::ComponentOrder::What what) {
    const auto order = order_in(request, what);
    if (!order) return answer(connection, 400, order.error());
    requests.order(request.path[2], *order, who_is(connection.user()),
                   [weak = connection.weak_from_this(), &asked = requests,
                    component = request.path[2]](const base::Result<std::string>& text) {
                       const auto waiting = weak.lock();
                       if (!waiting) return;
                       if (!text) {
                           const bool known = asked.status().components.contains(component);
                           return answer(*waiting, known ? 409 : 404, text.error());
                       }
                       JsonWriter json;
                       json.begin_object().key("done").boolean(true).key("text").text(*text);
                       waiting->answer(200, json.end_object().str() + "\n");
                   });
}

/// Carries out `verb` and answers when it is done, if the peer is still there then.
void Api::Impl::order(Connection& connection, const std::string& service, const std::string& verb) {
    const auto who = who_is(connection.user());
    auto done = [weak = connection.weak_from_this(), &asked = requests,
                 service](base::Result<> result) {
        const auto waiting = weak.lock();
        if (!waiting) return;
        if (result) return waiting->answer(200, "{\"done\": true}\n");
        const auto status = asked.status();
        const bool known = service.empty() || status.services.contains(service) ||
                           status.orders.contains(service) || service == logger;
        answer(*waiting, known ? 409 : 404, result.error());
    };
    if (verb == "start")
        requests.start(service, who, std::move(done));
    else if (verb == "stop")
        requests.stop(service, who, std::move(done));
    else if (verb == "restart")
        requests.restart(service, who, std::move(done));
    else if (verb == "approve" || verb == "decline")
        requests.decide(service, verb == "approve", who, std::move(done));
    else
        requests.reload(who, std::move(done));
}

/// Arms the next line, if someone watches and none is armed.
void Api::Impl::schedule() {
    if (watchers.empty() || next_line) return;
    next_line = loop.at(last_line + between_lines, [this] {
        next_line.reset();
        tell_all();
    });
}

void Api::Impl::tell_all() {
    last_line = base::monotonic_now();
    auto status = requests.status();
    const auto line = to_json(status);
    status.uptime_s = 0;
    const auto comparable = to_json(status);
    const auto all = connections; // A failing send drops its connection.
    for (const auto& connection : all) tell(*connection, line, comparable);
}

void Api::Impl::tell(Connection& connection, const std::string& line,
                     const std::string& comparable) {
    const auto watcher = watchers.find(&connection);
    if (watcher == watchers.end()) return;
    const auto before = std::exchange(watcher->second, Watcher{comparable, false});
    if (before.told == comparable || connection.send_line(line)) return;
    // Not out yet, or gone.
    if (const auto slow = watchers.find(&connection); slow != watchers.end())
        slow->second = {before.told, true};
}

base::Result<std::unique_ptr<Api>> Api::open(base::EventLoop& loop, const std::string& socket_path,
                                             std::vector<uid_t> allowed, Requests& requests) {
    auto socket = ListeningSocket::open(socket_path);
    if (!socket) return tl::unexpected(socket.error());
    auto impl = std::unique_ptr<Impl>(
        new Impl{loop, requests, std::move(allowed), std::move(*socket), {}, {}, {}, {}, {}});
    if (auto listening = impl->listen(); !listening) return tl::unexpected(listening.error());
    return std::unique_ptr<Api>(new Api(std::move(impl)));
}

Api::Api(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Api::~Api() = default;

void Api::status_changed() {
    impl_->schedule();
}

} // namespace cmw::control
