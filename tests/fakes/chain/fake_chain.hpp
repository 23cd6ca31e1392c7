// SPDX-License-Identifier: Apache-2.0
//
// fakes/chain/fake_chain.hpp - a small Substrate node in the test's own process, for what a real
// one was seen to do and for what none should.
#pragma once

#include "metadata.hpp"
#include "provable_chain.hpp"
#include "websocket_server.hpp"

#include <Poco/JSON/Object.h>

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <vector>

namespace cmw::fakes {

/// How a node behaves; all is well by default.
struct Manners {
    bool silent = false;          ///< Takes requests and never answers: half open.
    bool batches = false;         ///< Holds answers back, then sends them in one batch, last first.
    bool fragments = false;       ///< Sends each text in three frames, with a ping between them.
    bool garbage = false;         ///< Answers with what is no JSON.
    bool torn = false;            ///< Begins an answer and stops in the middle of it.
    bool cuts = false;            ///< Cuts the connection at the first request.
    bool cuts_after_head = false; ///< Tells of a head, then cuts.
    bool keeps_heads = false;     ///< Finalises without telling of it.
    bool lies = false;            ///< Its blocks are others than those it calls final.
    bool lacks_sync_state = false;  ///< Like chains without system_syncState.
    bool wrong_ids = false;         ///< Answers what nobody asked.
    bool odd = false;               ///< Each result is an object of no use.
    bool huge = false;              ///< Speaks of a message of a gigabyte.
    bool omits = false;             ///< Leaves out values that it was asked for.
    bool ends_subscription = false; ///< Ends it instead of telling of a head.
    std::string fails;              ///< The method that ends in an error of the node.
};

/// Makes an error of the node.
struct RpcError {
    int code;
    std::string message;
};

class FakeChain {
  public:
    using Bytes = std::vector<std::uint8_t>;

    /// Begins with two blocks, the second of them finalised, and a value for `record`.
    /// `proofs`: its blocks have true hashes, and it answers what proves them.
    explicit FakeChain(const Record& record = {}, bool proofs = false);

    std::string url() const { return "ws://127.0.0.1:" + std::to_string(server_.port()); }
    std::string genesis() const;

    void behave(const Manners& manners);
    void upgrade_handshake(bool yes);
    /// Make a block with this value, finalise it and tell of it.
    void finalise(std::optional<Bytes> value);
    /// A best block that is not final; the next finalise() stands in its place.
    void propose(const Bytes& value);
    /// The next finalised block carries the code of a new runtime, which runs from the one after.
    void upgrade_runtime(const Record& record);
    /// Tell of a finalised block that stands behind.
    void go_back();
    /// Another block takes the place of the finalised head, and is told.
    void fork(std::optional<Bytes> value);
    /// Another value in the state, from the next block on; nothing: none.
    void store(const std::string& key, std::optional<Bytes> value);
    /// Many at once; those that are there already stay.
    void store(std::map<std::string, Bytes> values);
    /// Of a chain with proofs: how it lies, changes its authorities or its clock.
    template <class Change>
    void prove(Change change) {
        const std::lock_guard lock(server_.lock());
        change(*provable_);
    }
    void sync(std::uint64_t highest); ///< 0: in sync.
    void cut_all();

    /// The methods asked for since the last time.
    std::vector<std::string> take_requests();
    /// Wait until a method was asked for; false if it is not within a generous time.
    bool wait_for_request(const std::string& method);
    /// How often a method was asked for since take_requests().
    std::size_t requests(const std::string& method);
    struct Traffic {
        std::uint64_t in = 0; ///< Bytes that came.
        std::uint64_t out = 0;
    };
    Traffic take_traffic();
    unsigned connections();
    unsigned pongs();

  private:
    struct Block {
        std::string hash;
        std::optional<Bytes> value;
        std::size_t runtime = 0; ///< In force after it: an index of runtimes_.
        std::shared_ptr<const std::map<std::string, Bytes>> state; ///< All other values.
    };

    static constexpr const char* subscription = "sub-1";
    static std::string hash_text(std::uint64_t seed);
    void take(WebSocketServer::Peer& peer, const std::string& text);
    void flush();
    void send(WebSocketServer::Peer& peer, const std::string& text);
    void tell(std::size_t number);
    Poco::Dynamic::Var result(const std::string& method, const Poco::JSON::Array& params);
    Poco::Dynamic::Var header(std::size_t number) const;
    std::optional<std::size_t> number_of(const Poco::Dynamic::Var& hash) const;
    Poco::Dynamic::Var values(const Poco::JSON::Array& keys, const Block& block) const;
    Poco::Dynamic::Var keys(const std::string& prefix, std::size_t most, const Block& block) const;
    Poco::Dynamic::Var sync_answer(const std::string& method) const;
    void add(std::optional<Bytes> value);

    std::optional<ProvableChain> provable_;
    std::string record_key_; ///< Of the newest runtime.
    std::vector<Bytes> runtimes_;
    std::set<std::string> record_keys_;
    std::shared_ptr<const std::map<std::string, Bytes>> state_;
    std::vector<Block> blocks_;
    std::size_t final_ = 1;
    std::size_t code_ = 0; ///< The runtime that the next block leaves in force.
    std::uint64_t forks_ = 0;
    std::uint64_t highest_ = 0;
    Manners manners_;
    std::vector<std::string> requests_;
    std::set<int> subscribed_;
    std::map<int, std::vector<std::string>> held_;
    WebSocketServer server_; ///< Last: its thread uses all of the above.
};

} // namespace cmw::fakes
