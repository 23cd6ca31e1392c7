// SPDX-License-Identifier: Apache-2.0
#include "plugin_host/library.hpp"

#include "plugin_host/descriptor.hpp"
#include "plugin_host/shown_text.hpp"
#include "plugin_host/trust.hpp"

#include <boost/dll/shared_library.hpp>
#include <map>
#include <mutex>

namespace cmw::plugin_host {

namespace {

using base::fail;

struct Loaded {
    TrustedFile file;
    boost::dll::shared_library handle;
    Library library;
};

/// Never destroyed: what is loaded stays.
struct Registry {
    std::mutex mutex;
    std::map<std::string, std::unique_ptr<Loaded>> by_path;
};
Registry& registry() {
    static auto& only = *new Registry;
    return only;
}

/// The loader's own words, without the path and the function names that Boost puts around them.
std::string loader_words(const std::exception& error, const std::string& path) {
    std::string text = error.what();
    if (const auto found = text.find(path + ": "); found != std::string::npos)
        text = text.substr(found + path.size() + 2);
    else if (const auto bracket = text.find('('); bracket != std::string::npos)
        text = text.substr(bracket + 1);
    while (!text.empty() && (text.back() == ')' || text.back() == ' ')) text.pop_back();
    return fit_to_show(text, 500);
}

/// The descriptor as the library gives it; reading it comes later.
base::Result<const cmw_library*> ask(const boost::dll::shared_library& handle,
                                     const std::string& path) {
    if (!handle.has(CMW_LIBRARY_SYMBOL))
        return fail(path, "cannot use it as a plugin: it does not export " CMW_LIBRARY_SYMBOL,
                    "it is no plugin of this host's major ABI version 1; rebuild or remove it");
    try {
        // A type without noexcept, so that the compiler keeps the handler below.
        auto* function = reinterpret_cast<const cmw_library* (*)()>(
            &handle.get<const cmw_library*()>(CMW_LIBRARY_SYMBOL));
        if (const auto* found = function()) return found;
        return fail(path, "cannot use it as a plugin: " CMW_LIBRARY_SYMBOL " gives no table");
    } catch (...) {
        return fail(path, "cannot use it as a plugin: " CMW_LIBRARY_SYMBOL " threw an exception");
    }
}

base::Result<std::unique_ptr<Loaded>> load(TrustedFile file) {
    auto loaded = std::make_unique<Loaded>();
    const auto path = file.path;
    try {
        using boost::dll::load_mode::type;
        namespace mode = boost::dll::load_mode;
        loaded->handle.load(path, static_cast<type>(mode::rtld_now | mode::rtld_local));
    } catch (const std::exception& error) {
        return fail(path, "cannot load the plugin: " + loader_words(error, path),
                    "install what it needs, or rebuild it for this machine");
    }
    loaded->library.file = path;
    loaded->file = std::move(file);
    auto contents = [&]() -> base::Result<Contents> {
        if (auto same = still_the_same(loaded->file); !same) return fail(same.error());
        const auto table = ask(loaded->handle, path);
        if (!table) return fail(table.error());
        return read_library(**table, path);
    }();
    if (contents) {
        loaded->library.plugins = std::move(contents->plugins);
        loaded->library.problem = std::move(contents->problem);
    } else {
        loaded->library.problem = contents.error();
    }
    return loaded;
}

} // namespace

base::Result<const Library*> load_library(const std::string& file,
                                          const std::optional<base::Digest>& digest) {
    auto trusted = examine(file, digest);
    if (!trusted) return fail(trusted.error());

    auto& known = registry();
    const std::lock_guard lock(known.mutex);
    auto& slot = known.by_path[trusted->path];
    if (slot == nullptr) {
        auto loaded = load(std::move(*trusted));
        if (!loaded) return fail(loaded.error());
        slot = std::move(*loaded);
    } else if (slot->file.identity != trusted->identity) {
        return fail(trusted->path, "cannot load the plugin: the file changed since it was loaded",
                    "restart the host to use the new one");
    }
    return &slot->library;
}

} // namespace cmw::plugin_host
