// SPDX-License-Identifier: Apache-2.0
#include "consensus-source/substrate/type_names.hpp"

#include <cmw/error.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

namespace cmw::substrate {
namespace {

constexpr unsigned deepest = 64;
constexpr std::size_t most_types = 4096;

struct Known {
    std::string_view name;
    std::string_view meaning;
};

// Of the crates sp-core, sp-runtime and sp-staking, and of Substrate's node template.
constexpr std::array knowns{
    Known{"H160", "[u8; 20]"},
    Known{"H256", "[u8; 32]"},
    Known{"H512", "[u8; 64]"},
    Known{"Hash", "H256"},
    Known{"AccountId", "H256"},
    Known{"AccountId32", "H256"},
    Known{"ValidatorId", "H256"},
    Known{"BlockNumber", "u32"},
    Known{"Balance", "u128"},
    Known{"BalanceOf", "u128"},
    Known{"Index", "u32"},
    Known{"Moment", "u64"},
    Known{"EraIndex", "u32"},
    Known{"SessionIndex", "u32"},
    Known{"EventIndex", "u32"},
    Known{"PropIndex", "u32"},
    Known{"ReferendumIndex", "u32"},
    Known{"ProposalIndex", "u32"},
    Known{"MemberCount", "u32"},
    Known{"Weight", "u64"},
    Known{"Percent", "u8"},
    Known{"Permill", "u32"},
    Known{"Perbill", "u32"},
    Known{"Perquintill", "u64"},
    Known{"KeyTypeId", "[u8; 4]"},
    Known{"LockIdentifier", "[u8; 8]"},
    Known{"TaskAddress", "(u32, u32)"},
};

std::optional<std::uint32_t> integer_width(std::string_view name) {
    constexpr std::array<std::string_view, 6> widths{"8", "16", "32", "64", "128", "256"};
    if (name.empty() || (name[0] != 'u' && name[0] != 'i')) return std::nullopt;
    const auto found = std::ranges::find(widths, name.substr(1));
    if (found == widths.end()) return std::nullopt;
    return 1u << (found - widths.begin());
}

bool is_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/// Reads texts and adds what they mean to the layout.
class Names {
  public:
    explicit Names(const TypeNames& names) : names_(names) {}

    Layout all(std::string_view type) {
        layout_.root = read(type);
        return std::move(layout_);
    }

  private:
    /// One text, while it is read.
    struct Text {
        std::string_view whole;
        std::string_view left;

        void skip_space() {
            while (!left.empty() && left[0] == ' ') left.remove_prefix(1);
        }
        bool take(std::string_view token) {
            skip_space();
            if (!left.starts_with(token)) return false;
            left.remove_prefix(token.size());
            return true;
        }
        void need(std::string_view token) {
            if (!take(token)) fail("\"" + std::string(token) + "\" is missing");
        }
        std::string_view word() {
            skip_space();
            const auto end = std::ranges::find_if_not(left, is_word);
            const auto size = static_cast<std::size_t>(end - left.begin());
            if (size == 0) fail("a name is missing");
            const auto found = left.substr(0, size);
            left.remove_prefix(size);
            return found;
        }
        [[noreturn]] void fail(const std::string& what) const {
            throw Error(CMW_INVALID,
                        "cannot read the type \"" + std::string(whole) + "\": " + what);
        }
    };

    std::uint32_t read(std::string_view whole) {
        Text text{whole, whole};
        const auto type = read(text);
        text.skip_space();
        if (!text.left.empty()) text.fail("something stands behind it");
        return type;
    }

    std::uint32_t read(Text& text) {
        if (++depth_ > deepest) text.fail("it is nested too deeply");
        const auto type = read_one(text);
        --depth_;
        return type;
    }

    std::uint32_t read_one(Text& text) {
        if (text.take("(")) return fields(text, ")", false);
        if (text.take("{")) return fields(text, "}", true);
        if (text.take("[")) return array(text);
        if (text.take("<")) { // "<T as Config>::Balance"
            for (unsigned open = 1; open > 0; text.left.remove_prefix(1)) {
                if (text.left.empty()) text.fail("\">\" is missing");
                if (text.left[0] == '<') ++open;
                if (text.left[0] == '>') --open;
            }
            text.need("::");
        }
        auto name = text.word();
        while (text.take("::")) name = text.word();
        return named(name, text);
    }

    /// Of a tuple, or with names of a struct, up to `end`.
    std::uint32_t fields(Text& text, std::string_view end, bool names) {
        Type type{.kind = Type::Kind::Struct};
        while (!text.take(end)) {
            Field field;
            if (names) {
                field.name = text.word();
                text.need(":");
            }
            field.type = read(text);
            type.fields.push_back(std::move(field));
            if (text.take(",")) continue;
            text.need(end);
            break;
        }
        return add(std::move(type));
    }

    std::uint32_t array(Text& text) {
        Type type{.kind = Type::Kind::Array, .element = read(text)};
        text.need(";");
        const auto count = text.word();
        const auto* end = count.data() + count.size();
        if (std::from_chars(count.data(), end, type.count).ptr != end)
            text.fail("its length is no number");
        text.need("]");
        return add(std::move(type));
    }

    std::uint32_t named(std::string_view name, Text& text) {
        if (const auto told = names_.find(name); told != names_.end()) {
            parameters(text, false);
            return alias(told->first, told->second);
        }
        if (const auto width = integer_width(name))
            return add({.kind = Type::Kind::Number, .count = *width});
        if (name == "bool") return add({.kind = Type::Kind::Boolean});
        if (name == "Bytes" || name == "Text" || name == "String" || name == "str")
            return add({.kind = Type::Kind::Text});
        const auto meaning = std::ranges::find(knowns, name, &Known::name);
        if (meaning != knowns.end()) {
            parameters(text, false);
            return alias(name, meaning->meaning);
        }
        return generic(name, text);
    }

    std::uint32_t generic(std::string_view name, Text& text) {
        constexpr std::array<std::string_view, 5> lists{"Vec", "VecDeque", "BTreeSet", "BoundedVec",
                                                        "WeakBoundedVec"};
        const bool list = std::ranges::find(lists, name) != lists.end();
        const bool map = name == "BTreeMap";
        const bool option = name == "Option";
        const bool known = list || map || option || name == "Compact" || name == "Box";
        if (!known)
            throw Error(CMW_UNSUPPORTED,
                        "cannot know the type " + std::string(name) +
                            ": metadata of version 13 name types and do not say what they are; "
                            "describe it in the option 'types'");
        const auto given = parameters(text, true, map ? 2 : 1);
        if (given.size() < (map ? 2u : 1u)) text.fail(std::string(name) + " lacks its parameters");
        if (name == "Box") return given[0];
        if (name == "Compact") return add({.kind = Type::Kind::Compact, .element = given[0]});
        if (option)
            return add({.kind = Type::Kind::Enum,
                        .variants = {{"None", 0, {}}, {"Some", 1, {{"", given[0]}}}}});
        auto element = given[0];
        if (map)
            element = add({.kind = Type::Kind::Struct, .fields = {{"", given[0]}, {"", given[1]}}});
        return add({.kind = Type::Kind::Sequence, .element = element});
    }

    /// Between "<" and ">", if it is there: the first `wanted` as types, the others passed over.
    std::vector<std::uint32_t> parameters(Text& text, bool needed, std::size_t wanted = 0) {
        std::vector<std::uint32_t> types;
        if (!needed && !text.take("<")) return types;
        if (needed) text.need("<");
        while (types.size() < wanted) {
            types.push_back(read(text));
            if (types.size() < wanted) text.need(",");
        }
        for (unsigned open = 1; open > 0; text.left.remove_prefix(1)) {
            if (text.left.empty()) text.fail("\">\" is missing");
            if (text.left[0] == '<') ++open;
            if (text.left[0] == '>') --open;
        }
        return types;
    }

    /// A name is read once; that it may need itself is left to who decodes.
    std::uint32_t alias(std::string_view name, std::string_view meaning) {
        if (const auto found = aliases_.find(name); found != aliases_.end()) return found->second;
        const auto at = add({.kind = Type::Kind::Struct});
        aliases_.emplace(name, at);
        const auto type = read(meaning);
        layout_.types[at].fields = {{"", type}};
        return at;
    }

    std::uint32_t add(Type type) {
        if (layout_.types.size() >= most_types)
            throw Error(CMW_INVALID, "cannot read the type: it has too many parts");
        layout_.types.push_back(std::move(type));
        return static_cast<std::uint32_t>(layout_.types.size() - 1);
    }

    const TypeNames& names_;
    Layout layout_;
    std::map<std::string, std::uint32_t, std::less<>> aliases_;
    unsigned depth_ = 0;
};

} // namespace

Layout named_layout(std::string_view type, const TypeNames& names) {
    return Names(names).all(type);
}

} // namespace cmw::substrate
