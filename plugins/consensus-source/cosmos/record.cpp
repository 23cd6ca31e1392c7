// SPDX-License-Identifier: Apache-2.0
#include "consensus-source/cosmos/record.hpp"

#include "consensus-source/cosmos/json.hpp"
#include "shared/hex.hpp"
#include "shared/small_file.hpp"

#include <cmw/error.hpp>

#include <Poco/JSON/Array.h>

#include <sstream>

namespace cmw::cosmos {
namespace {

using Poco::JSON::Object;

constexpr std::size_t largest = 1u << 20;

constexpr std::pair<Noted::As, const char*> noted_names[] = {
    {Noted::As::Silent, "silent"}, {Noted::As::Early, "early"}, {Noted::As::Older, "older"}};

Object::Ptr plan_object(const Plan& plan) {
    Object::Ptr object = new Object;
    object->set("name", plan.name);
    object->set("height", std::to_string(plan.height));
    object->set("info", plan.info);
    return object;
}

std::string need_text(const Object& object, const std::string& name) {
    if (auto text = text_in(object, name)) return std::move(*text);
    throw Error(CMW_INVALID, "'" + name + "' is missing");
}

std::uint64_t need_number(const Object& object, const std::string& name) {
    if (const auto number = number_in(object, name)) return *number;
    throw Error(CMW_INVALID, "'" + name + "' is missing");
}

std::optional<Plan> read_plan(const Object& object, const std::string& name) {
    const auto plan = object_in(object, name);
    if (!plan) return std::nullopt;
    return Plan{need_text(*plan, "name"), need_number(*plan, "height"), need_text(*plan, "info")};
}

std::optional<Noted> read_noted(const Object& object) {
    const auto noted = object_in(object, "noted");
    if (!noted) return std::nullopt;
    const auto plan = read_plan(*noted, "plan");
    const auto as = need_text(*noted, "as");
    for (const auto& [value, name] : noted_names)
        if (plan && as == name) return Noted{*plan, need_text(*noted, "stamp"), value};
    throw Error(CMW_INVALID, "'noted' makes no sense");
}

Binary read_binary(const Object& object) {
    auto binary = parse_digest(need_text(object, "digest"));
    const auto locations = object.getArray("locations");
    for (std::size_t i = 0; locations && i < locations->size(); ++i)
        binary.locations.push_back(locations->getElement<std::string>(static_cast<unsigned>(i)));
    return binary;
}

} // namespace

std::string to_json(const Record& record) {
    Object object;
    object.set("version", 1);
    object.set("base", record.base);
    object.set("upgrade", record.upgrade);
    object.set("height", std::to_string(record.height));
    object.set("missing", record.missing);
    if (record.approved) {
        Object::Ptr approved = new Object;
        approved->set("digest",
                      record.approved->algorithm + ":" + shared::to_hex(record.approved->digest));
        Poco::JSON::Array::Ptr locations = new Poco::JSON::Array;
        for (const auto& location : record.approved->locations) locations->add(location);
        approved->set("locations", locations);
        object.set("approved", approved);
    }
    if (record.due) object.set("due", plan_object(*record.due));
    if (record.planned) object.set("planned", plan_object(*record.planned));
    if (record.noted) {
        Object::Ptr noted = new Object;
        noted->set("plan", plan_object(record.noted->plan));
        noted->set("stamp", record.noted->stamp);
        for (const auto& [as, name] : noted_names)
            if (as == record.noted->as) noted->set("as", name);
        object.set("noted", noted);
    }
    std::ostringstream text;
    object.stringify(text, 1);
    return text.str() + "\n";
}

Record from_json(const std::string& text) {
    try {
        const auto object = parse_object(text);
        if (number_in(*object, "version") != 1) throw Error(CMW_INVALID, "it is not of version 1");
        Record record;
        record.base = need_text(*object, "base");
        record.upgrade = need_text(*object, "upgrade");
        record.height = need_number(*object, "height");
        record.missing = need_text(*object, "missing");
        if (const auto approved = object_in(*object, "approved"))
            record.approved = read_binary(*approved);
        record.due = read_plan(*object, "due");
        record.planned = read_plan(*object, "planned");
        record.noted = read_noted(*object);
        return record;
    } catch (const Poco::Exception& e) {
        throw Error(CMW_INVALID, e.displayText());
    }
}

std::optional<Record> load_record(const std::string& path) {
    const auto file = shared::read_small_file(path, largest);
    if (!file) return std::nullopt;
    try {
        return from_json(file->text);
    } catch (const Error& e) {
        throw Error(e.status(), "cannot use " + path +
                                    ", which keeps the approved upgrade: " + e.what() +
                                    "; set 'digest' to what the node is to run and remove that "
                                    "file");
    }
}

void save_record(const std::string& path, const Record& record) {
    shared::replace_small_file(path, to_json(record));
}

} // namespace cmw::cosmos
