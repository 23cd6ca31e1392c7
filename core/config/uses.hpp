// SPDX-License-Identifier: Apache-2.0
//
// config/uses.hpp - plugin instances, and the places that name them: "name" or
// { use = "name", ... } with the options that the plugin declares for each use.
#pragma once

#include "config/loader.hpp"
#include "config/reader.hpp"

namespace cmw::config {

/// What may stand beside the plugin's own options wherever a log backend is named.
const std::vector<OptionSpec>& log_use_options();

/// The instances of a configuration, as references to them need them. What an instance cannot be
/// checked for (its plugin did not load) is not held against those who name it.
class Instances {
  public:
    struct Instance {
        InstanceSettings settings;
        const PluginSchema* schema = nullptr; ///< nullptr: not loaded, or not to be trusted.
        bool good = false;                    ///< No problem in its own table.
    };

    /// Reads every [KIND.NAME].
    Instances(const Reading& reading, const SchemaLookup& lookup, const PluginCheck& check);

    /// What `node`, the value of `key`, names: an instance of `kind`. After a problem the name of
    /// the instance may be "".
    UseSettings read_use(const Node& node, const OptionSpec& key, std::string_view kind) const;

    /// The same of a list, in which no instance may stand twice.
    std::vector<UseSettings> read_uses(const Node& node, const OptionSpec& key,
                                       std::string_view kind) const;

    std::vector<InstanceSettings> settings() const;

    /// The text of an option of a use; "" if its plugin has none of that name, or it is not set.
    std::string use_text(const UseSettings& use, std::string_view option) const;

  private:
    void read_instance(std::string_view kind, const Entry& table, const SchemaLookup& lookup);
    const Instance* find(const Node& node, const std::string& name, const OptionSpec& key,
                         std::string_view kind) const;
    UseSettings read_options(const Node& node, const std::string& name, const Instance* instance,
                             const OptionSpec& key, std::string_view kind) const;

    Reading reading_;
    const PluginCheck& check_;
    std::vector<Instance> instances_;
};

} // namespace cmw::config
