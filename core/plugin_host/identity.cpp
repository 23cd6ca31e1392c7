// SPDX-License-Identifier: Apache-2.0
#include "plugin_host/identity.hpp"

#include "base/system.hpp"
#include "plugin_host/passed.hpp"

#include <Poco/Exception.h>
#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>
#include <cerrno>
#include <fmt/format.h>

namespace cmw::plugin_host {

namespace {

constexpr std::size_t max_file = 64 * 1024; ///< Bytes; the xx network's has about 1 KiB.

} // namespace

base::Result<std::optional<std::map<std::string, std::string>>>
read_identity_file(const std::string& path) {
    const auto content = base::sys::read_file(path, max_file);
    if (!content && content.error() == ENOENT) return std::nullopt;
    if (!content)
        return base::fail(base::system_problem(path, "read the identity file", content.error()));
    std::map<std::string, std::string> texts;
    try {
        Poco::JSON::Parser parser;
        parser.setDepth(8);
        const auto object = parser.parse(*content).extract<Poco::JSON::Object::Ptr>();
        for (const auto& [name, value] : *object)
            if (value.isString()) texts.emplace(name, value.extract<std::string>());
    } catch (const Poco::Exception&) {
        return base::fail(path, "cannot use the identity file: it is not one JSON object");
    }
    return texts;
}

Identity::Identity(std::string path) : path_(std::move(path)) {
    table_.identity = {sizeof(cmw_identity), 0, &read};
    table_.self = this;
}

cmw_status Identity::read(const cmw_identity* identity, const char* field, char* buffer,
                          std::size_t capacity, cmw_error* error) noexcept {
    const auto& path = reinterpret_cast<const Table*>(identity)->self->path_;
    if (field == nullptr || buffer == nullptr)
        return refuse(error, CMW_FAILED, "cannot read the identity: no field or no buffer");
    try {
        if (path.empty())
            return refuse(error, CMW_CONFIG,
                          "cannot tell who this node is: set 'file' in [identity]");
        const auto texts = read_identity_file(path);
        if (!texts) return refuse(error, CMW_INVALID, to_string(texts.error()));
        if (!*texts)
            return refuse(error, CMW_AGAIN,
                          fmt::format("cannot tell who this node is: {} is not there yet", path));
        const auto found = (*texts)->find(field);
        if (found == (*texts)->end() || found->second.size() >= capacity)
            return refuse(error, CMW_NOT_FOUND,
                          fmt::format("cannot find a text \"{}\" in {}", field, path));
        found->second.copy(buffer, found->second.size());
        buffer[found->second.size()] = '\0';
        return CMW_OK;
    } catch (const std::exception& e) {
        return refuse(error, CMW_FAILED, e.what());
    }
}

} // namespace cmw::plugin_host
