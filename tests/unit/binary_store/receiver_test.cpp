// SPDX-License-Identifier: Apache-2.0
#include "unit/binary_store/artifacts.hpp"

using namespace cmw;
using namespace cmw::binary_store;
using doctest::Contains;

namespace {

struct Fixture {
    test::TemporaryFolder folder;
    Store store = Store::open(folder / "state").value();
    std::string content = program('x');
    base::Digest digest = digest_of(content);
    std::string whole = store.path(digest);
    std::string partial = folder / "state/artifacts/partial/" + digest.name();

    std::shared_ptr<plugin_host::ByteSink> sink(std::int64_t max_size = plenty) {
        return store.receive(digest, max_size, nullptr);
    }
    bool nothing_left() const { return !exists(whole) && !exists(partial); }
};

} // namespace

TEST_CASE_FIXTURE(Fixture, "what has the approved digest is kept, readable for us alone") {
    const auto progress = std::make_shared<Progress>();
    const auto sink = store.receive(digest, plenty, progress);
    CHECK(sink->offset() == 0);
    REQUIRE(sink->begin(0, content.size()));
    CHECK(progress->total == content.size());
    REQUIRE(sink->write(bytes_of(content).first(7)));
    CHECK(progress->received == 7);
    CHECK_FALSE(store.has(digest));
    REQUIRE(sink->write(bytes_of(content).subspan(7)));
    REQUIRE(sink->finish());
    CHECK(store.has(digest));
    CHECK(test::read_text(whole) == content);
    CHECK((stat_of(whole).st_mode & 07777) == 0400);
    CHECK((stat_of(folder / "state/artifacts").st_mode & 07777) == 0700);
    CHECK_FALSE(exists(partial));
}

TEST_CASE_FIXTURE(Fixture, "a source need not say how much it brings") {
    const auto quiet = sink();
    REQUIRE(quiet->write(bytes_of(content)));
    REQUIRE(quiet->finish());
    CHECK(test::read_text(whole) == content);
}

TEST_CASE_FIXTURE(Fixture, "a forged artifact leaves nothing behind") {
    auto forged = content;
    forged.back() = 'y';
    const auto sink = this->sink();
    const auto taken = deliver(*sink, forged);
    CHECK(why(taken) == shown("cannot accept the artifact: its digest is " +
                              digest_of(forged).hex() + ", not the approved " + digest.hex()));
    CHECK(nothing_left());
    CHECK(why(sink->write(bytes_of("more"))) == why(taken));
    CHECK(why(sink->begin(0, 4)) == why(taken));
    CHECK(why(sink->finish()) == why(taken));
    CHECK(nothing_left());
}

TEST_CASE_FIXTURE(Fixture, "an empty artifact is refused, announced or not") {
    CHECK(why(sink()->begin(0, 0)) == Contains("empty"));
    CHECK(why(sink()->finish()) == Contains("empty"));
    const auto begun = sink();
    REQUIRE(begun->begin(0, CMW_SIZE_UNKNOWN));
    CHECK(why(begun->finish()) == Contains("empty"));
    CHECK(nothing_left());
}

TEST_CASE_FIXTURE(Fixture, "the first byte over the limit is refused") {
    const auto size = static_cast<std::int64_t>(content.size());
    CHECK(deliver(*sink(size), content));
    REQUIRE(store.remove(digest));

    CHECK(why(sink(size - 1)->begin(0, content.size())) == Contains("max-size"));
    const auto quiet = sink(size - 1);
    REQUIRE(quiet->write(bytes_of(content).first(content.size() - 1)));
    CHECK(why(quiet->write(bytes_of(content).last(1))) == Contains("limit"));
    CHECK(nothing_left());
}

TEST_CASE_FIXTURE(Fixture, "more than was announced is refused") {
    const auto liar = sink();
    REQUIRE(liar->begin(0, 10));
    CHECK(why(liar->write(bytes_of(content))) == Contains("announced 10 bytes"));
    CHECK(nothing_left());
}

TEST_CASE_FIXTURE(Fixture, "a truncated artifact fails and is resumed") {
    const auto first = sink();
    REQUIRE(first->begin(0, content.size()));
    REQUIRE(first->write(bytes_of(content).first(40'000)));
    CHECK(why(first->finish()) == Contains("only 40000 of 100000 bytes came"));
    CHECK_FALSE(store.has(digest));
    CHECK(store.partial().value() == std::vector{digest});

    const auto second = sink();
    CHECK(second->offset() == 40'000);
    REQUIRE(deliver(*second, content));
    CHECK(test::read_text(whole) == content);
    CHECK(store.partial().value().empty());
}

TEST_CASE_FIXTURE(Fixture, "a source that cannot resume begins anew") {
    test::write_text(partial, "what was kept");
    const auto sink = this->sink();
    CHECK(sink->offset() == 13);
    REQUIRE(sink->begin(0, content.size()));
    REQUIRE(sink->write(bytes_of(content)));
    REQUIRE(sink->finish());
    CHECK(test::read_text(whole) == content);
}

TEST_CASE_FIXTURE(Fixture, "a kept part that was damaged costs one try, not all to come") {
    test::write_text(partial, std::string(1'000, '?'));
    CHECK(why(deliver(*sink(), content)) == Contains("the next try fetches it from its first"));
    CHECK(nothing_left());
    CHECK(deliver(*sink(), content));
}

TEST_CASE_FIXTURE(Fixture, "a source cannot begin where nothing is kept") {
    test::write_text(partial, "kept");
    CHECK(why(sink()->begin(3, 100)) == Contains("at byte 3: 4 are kept"));
    test::write_text(partial, "kept");
    CHECK(why(sink()->begin(4, 3)) == Contains("the source has only 3"));
    CHECK(nothing_left());
}

TEST_CASE_FIXTURE(Fixture, "what is kept and changes before it is resumed is not used") {
    test::write_text(partial, content.substr(0, 500));
    const auto sink = this->sink();
    test::write_text(partial, content.substr(0, 700));
    CHECK(why(sink->begin(500, content.size())) == Contains("was changed"));
    CHECK(nothing_left());
}

TEST_CASE_FIXTURE(Fixture, "a link in the place of a partial file is not followed") {
    test::write_text(folder / "victim", "precious");
    std::filesystem::create_symlink(folder / "victim", partial);
    const auto sink = this->sink();
    CHECK(sink->offset() == 0);
    REQUIRE(deliver(*sink, content));
    CHECK(test::read_text(folder / "victim") == "precious");
}

TEST_CASE_FIXTURE(Fixture, "an artifact larger than the disk is refused before the first byte") {
    const auto huge = std::int64_t{1} << 60;
    const auto sink = this->sink(huge);
    CHECK(why(sink->begin(0, huge)) == Contains("on the file system at /"));
    CHECK(nothing_left());
}

TEST_CASE_FIXTURE(Fixture, "a disk that fills meanwhile is not left full") {
    const auto sink = this->sink();
    REQUIRE(sink->begin(0, content.size()));
    {
        const FaultPlan full(every(base::sys::Call::write, ENOSPC));
        CHECK(why(sink->write(bytes_of(content))) == Contains("free some space"));
    }
    CHECK(nothing_left());
    CHECK(deliver(*this->sink(), content));
}

TEST_CASE_FIXTURE(Fixture, "what another try would not mend is told apart from what it might") {
    struct Case {
        const char* what;
        std::string kept;
        std::string brought;
        std::int64_t max_size;
        bool mistaken;
    };
    const auto forged = std::string(content.size(), 'y');
    const auto size = static_cast<std::int64_t>(content.size());
    const std::vector<Case> table{
        {"another artifact", "", forged, plenty, true},
        {"too large", "", content, size - 1, true},
        {"a part", "", content.substr(0, 10), plenty, true},
        {"empty", "", "", plenty, false},
        {"what was kept is damaged", "???", content, plenty, false},
        {"the very one", "", content, plenty, false},
    };
    for (const auto& entry : table) {
        CAPTURE(entry.what);
        if (!entry.kept.empty()) test::write_text(partial, entry.kept);
        const auto progress = std::make_shared<Progress>();
        const auto sink = store.receive(digest, entry.max_size, progress);
        CHECK(deliver(*sink, entry.brought).has_value() ==
              (entry.brought == content && !entry.mistaken && entry.kept.empty()));
        CHECK(progress->mistaken == entry.mistaken);
    }
}
