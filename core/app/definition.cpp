// SPDX-License-Identifier: Apache-2.0
#include "app/definition.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace cmw::app {

namespace {

/// Each part with its length before it, so that no two lists of parts give one text.
class Text {
  public:
    Text& operator<<(std::string_view part) {
        text_ += fmt::format("{}:{};", part.size(), part);
        return *this;
    }
    Text& operator<<(std::int64_t number) { return *this << fmt::format("{}", number); }
    Text& operator<<(base::Nanoseconds time) { return *this << time.count(); }
    Text& operator<<(const std::vector<std::string>& list) {
        *this << static_cast<std::int64_t>(list.size());
        for (const auto& part : list) *this << part;
        return *this;
    }
    Text& operator<<(const config::OptionValues& values) {
        for (const auto& option : values) {
            *this << static_cast<std::int64_t>(option.value.index());
            std::visit([this](const auto& value) { put(value); }, option.value);
        }
        return *this;
    }
    std::string take() { return std::move(text_); }

  private:
    void put(std::monostate) {}
    void put(std::int64_t value) { *this << value; }
    void put(double value) { *this << fmt::format("{}", value); }
    void put(const std::string& value) { *this << std::string_view(value); }
    void put(const config::OptionList& value) { *this << value; }
    void put(const config::OptionMap& value) {
        for (const auto& [key, item] : value) *this << key << item;
    }

    std::string text_;
};

} // namespace

std::string definition_of(const config::ServiceSettings& service,
                          const config::Settings& settings) {
    Text text;
    text << service.command << service.directory << service.output_path << service.error_path
         << service.components << service.runner.instance << service.runner.options;
    for (const auto& [name, value] : service.environment) text << name << value;
    if (const auto* runner = settings.instance(service.runner.instance))
        text << runner->plugin << runner->options;
    for (const auto& name : service.components)
        if (const auto* component = settings.component(name)) text << component->path;
    return text.take();
}

std::vector<std::string> changed_services(const config::Settings& before,
                                          const config::Settings& after) {
    std::vector<std::string> names;
    for (const auto& service : before.services) {
        const auto* now = after.service(service.name);
        if (now == nullptr || definition_of(service, before) != definition_of(*now, after))
            names.push_back(service.name);
    }
    return names;
}

} // namespace cmw::app
