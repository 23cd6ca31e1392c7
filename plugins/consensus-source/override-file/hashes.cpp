// SPDX-License-Identifier: Apache-2.0
#include "consensus-source/override-file/hashes.hpp"

#include "shared/digest_option.hpp"
#include "shared/hex.hpp"

#include <cmw/error.hpp>

#include <Poco/Exception.h>
#include <Poco/JSON/Handler.h>
#include <Poco/JSON/Parser.h>

#include <set>

namespace cmw::override_file {
namespace {

[[noreturn]] void refuse(const std::string& why) {
    throw Error(CMW_INVALID, why);
}

bool is_hash(const std::string& text) {
    const auto bytes = shared::from_hex(text);
    return bytes && bytes->size() == shared::digest_size;
}

/// Takes the pieces of the text as the parser finds them: an object in memory would have lost a
/// field that is named twice.
class FieldReader final : public Poco::JSON::Handler {
  public:
    Hashes hashes;
    std::map<std::string, std::string> files; ///< Of the other form: by the chain's hash.
    bool complete = false;

    void reset() override {}
    void startObject() override {
        if (depth_++ > 0) refuse_unless_skipped();
    }
    void endObject() override { complete = --depth_ == 0; }
    void startArray() override {
        if (depth_++ == 0) refuse("it is not a JSON object");
        refuse_unless_skipped();
    }
    void endArray() override { --depth_; }
    void key(const std::string& name) override {
        if (depth_ > 1) return;
        if (name.empty()) refuse("a field has no name");
        if (!names_.insert(name).second) refuse("field '" + name + "' is named twice");
        field_ = name;
    }
    void null() override {}
    void value(int) override { refuse_unless_skipped(); }
    void value(unsigned) override { refuse_unless_skipped(); }
    void value(Poco::Int64) override { refuse_unless_skipped(); }
    void value(Poco::UInt64) override { refuse_unless_skipped(); }
    void value(double) override { refuse_unless_skipped(); }
    void value(bool) override { refuse_unless_skipped(); }
    void value(const std::string& text) override {
        if (depth_ == 0) refuse("it is not a JSON object");
        if (field_ == skipped) return;
        if (is_hash(field_)) {
            files[field_] = text;
            return;
        }
        auto hash = shared::from_hex(text);
        if (!hash || hash->size() != shared::digest_size) refuse_unless_skipped();
        hashes[field_] = std::move(*hash);
    }

  private:
    static constexpr const char* skipped = "extra";

    void refuse_unless_skipped() const {
        if (depth_ == 0) refuse("it is not a JSON object");
        if (field_ != skipped)
            refuse("field '" + field_ + "' is not a hash of 64 hexadecimal digits");
    }

    int depth_ = 0;
    std::string field_;
    std::set<std::string> names_;
};

std::string shell_word(const std::string& text) {
    std::string word = "'";
    for (const char c : text) word += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return word + "'";
}

/// One of them stands for all: the message must fit on a line.
[[noreturn]] void refuse_files(const std::map<std::string, std::string>& files) {
    const auto& [hash, file] = *files.begin();
    const auto more = files.size() - 1;
    refuse("it names a file to run where the chain names the hash " + hash +
           (more == 0 ? std::string() : " (and " + std::to_string(more) + " more)") +
           ", and not what that file must hold. Instead, run: cmix-wrapper pin COMPONENT --file " +
           shell_word(file) + "; unpin follows the chain again (docs/override-file.md)");
}

/// The first line if an object ends there, as the old wrapper reads it; otherwise everything.
std::string_view object_text(std::string_view content) {
    const auto blank = " \t\r\n";
    content.remove_prefix(std::min(content.find_first_not_of(blank), content.size()));
    auto line = content.substr(0, content.find('\n'));
    line = line.substr(0, line.find_last_not_of(blank) + 1);
    return line.ends_with('}') ? line : content;
}

} // namespace

Hashes parse_hashes(std::string_view content) {
    const Poco::SharedPtr<FieldReader> reader(new FieldReader);
    const auto text = object_text(content);
    if (text.empty()) refuse("it is empty");
    try {
        Poco::JSON::Parser parser(reader);
        parser.setDepth(8);
        parser.parse(std::string(text));
    } catch (const Poco::Exception& e) {
        refuse(e.displayText());
    }
    if (!reader->complete) refuse("it is not a JSON object");
    if (!reader->files.empty()) refuse_files(reader->files);
    return reader->hashes;
}

} // namespace cmw::override_file
