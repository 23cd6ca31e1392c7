// SPDX-License-Identifier: Apache-2.0
//
// cmw/registration.hpp - makes the C descriptor of a plugin class, and the library's one symbol.
//
// A plugin is a class derived from LogBackend, ConsensusSource, BinarySource or ProcessRunner with
//   using Settings = ...;                      a struct of its options
//   static constexpr cmw::About about{...};
//   static constexpr std::array options{...};  see cmw/options.hpp
//   Plugin(Settings settings, cmw::Host host);
// and, where options depend on each other, static void check(const Settings&).
// One that has options for each use, `{ use = "name", ... }`, adds
//   using UseSettings = ...;
//   static constexpr std::array use_options{...};
//   static void check_use(const Settings&, const UseSettings&);     if they depend on each other
// and reads them in a call with use_settings<Plugin>(...).
// It fails by throwing: cmw::Error to choose a status, any std::exception otherwise.
// CMW_PLUGINS(Plugin, ...) at the end of one source file makes the shared object. No C++ type
// crosses the library's boundary, so any compiler and standard library will do.
#pragma once

#include <cmw/host.hpp>
#include <cmw/options.hpp>

#include <concepts>
#include <memory>

namespace [[gnu::visibility("hidden")]] cmw {

/// What a plugin says of itself.
struct About {
    const char* name;
    const char* version;
    const char* summary;
    const char* license;
    const char* author = "";
    const char* homepage = "";
};

/// What CMW_PLUGINS asks of a class; a missing piece is named in the compiler's message.
template <class P>
concept Plugin = requires(typename P::Settings settings, Host host) {
    { P::about } -> std::convertible_to<About>;
    { P::options.size() } -> std::convertible_to<std::size_t>;
    typename P::Kind;
    P(std::move(settings), host);
};

namespace detail {

template <class Settings, std::size_t N>
Settings read_settings(const std::array<Option<Settings>, N>& options, const cmw_config& config) {
    Settings settings{};
    for (std::size_t i = 0; i < N && i < config.count; ++i) {
        const cmw_value& value = config.values[i];
        if (value.type != CMW_TYPE_ABSENT) options[i].assign(settings, value);
    }
    return settings;
}

template <class Settings, std::size_t N>
constexpr auto option_rows(const std::array<Option<Settings>, N>& options) {
    std::array<cmw_option, N> rows{};
    for (std::size_t i = 0; i < N; ++i) rows[i] = options[i].row;
    return rows;
}

struct NoOptions {};

template <class P>
constexpr auto use_options_of() {
    if constexpr (requires { typename P::UseSettings; })
        return P::use_options;
    else
        return std::array<Option<NoOptions>, 0>{};
}

/// The functions and the table through which the host sees P.
template <Plugin P>
struct Descriptor {
    using Kind = typename P::Kind;

    static cmw_status validate(const cmw_config* config, [[maybe_unused]] const cmw_config* use,
                               cmw_error* error) noexcept {
        return guarded(error, [&] {
            [[maybe_unused]] const auto settings = read_settings(P::options, *config);
            if constexpr (requires { P::check(settings); }) P::check(settings);
            if constexpr (requires { typename P::UseSettings; }) {
                if (use == nullptr) return;
                [[maybe_unused]] const auto of_use = read_settings(P::use_options, *use);
                if constexpr (requires { P::check_use(settings, of_use); })
                    P::check_use(settings, of_use);
            }
        });
    }

    static cmw_status create(const cmw_host* host, const cmw_config* config, void** instance,
                             cmw_error* error) noexcept {
        return guarded(error, [&] {
            std::unique_ptr<Kind> plugin =
                std::make_unique<P>(read_settings(P::options, *config), Host(host));
            *instance = plugin.release();
        });
    }

    static void destroy(void* instance) noexcept { delete static_cast<Kind*>(instance); }

    static constexpr auto rows = option_rows(P::options);
    static constexpr auto use_rows = option_rows(use_options_of<P>());
    static constexpr cmw_plugin table{
        .struct_size = sizeof(cmw_plugin),
        .requires_minor = 0,
        .kind = Kind::kind,
        .name = P::about.name,
        .version = P::about.version,
        .summary = P::about.summary,
        .license = P::about.license,
        .author = P::about.author,
        .homepage = P::about.homepage,
        .options = rows.data(),
        .option_count = static_cast<std::uint32_t>(rows.size()),
        .option_size = sizeof(cmw_option),
        .validate = &validate,
        .create = &create,
        .destroy = &destroy,
        .ops = &Kind::ops,
        .use_options = use_rows.data(),
        .use_option_count = static_cast<std::uint32_t>(use_rows.size()),
        .reserved = 0,
    };
};

template <Plugin... P>
const cmw_library* library() noexcept {
    static constexpr const cmw_plugin* plugins[] = {&Descriptor<P>::table..., nullptr};
    static constexpr cmw_library table{sizeof(cmw_library), CMW_ABI_MINOR, plugins};
    return &table;
}

} // namespace detail

/// The options of one use of a plugin, as its struct; `use` is what the call brought.
template <Plugin P>
typename P::UseSettings use_settings(const cmw_config& use) {
    return detail::read_settings(P::use_options, use);
}

} // namespace cmw

/// Make this shared object a plugin library that holds the classes named.
#define CMW_PLUGINS(...)                                                                           \
    extern "C" const cmw_library* cmw_library_1(void) noexcept {                                   \
        return ::cmw::detail::library<__VA_ARGS__>();                                              \
    }
