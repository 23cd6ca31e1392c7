// SPDX-License-Identifier: Apache-2.0
//
// support/plugin_schemas.hpp - declarations of plugins for tests of the configuration, without
// loading any: those of the shipped ones that shipped files use, and one that has every type.
#pragma once

#include "config/loader.hpp"

namespace cmw::test {

inline const std::vector<config::PluginSchema>& plugin_schemas() {
    using Type = config::OptionType;
    static const std::vector<config::PluginSchema> schemas{
        {"consensus-source",
         "substrate",
         {{.name = "endpoints", .type = Type::list, .required = true, .help = "Of a node."}},
         {}},
        {"consensus-source",
         "override-file",
         {{.name = "path", .type = Type::path, .required = true, .help = "The file."}},
         {}},
        {"consensus-source",
         "cosmos",
         {{.name = "home", .type = Type::path, .required = true, .help = "The node's."},
          {.name = "rpc", .help = "The node's."},
          {.name = "digest", .help = "Of the first program."}},
         {}},
        {"binary-source",
         "http",
         {{.name = "url", .help = "With {target} and {digest}."},
          {.name = "use-locations", .type = Type::boolean, .help = "What the network names."}},
         {}},
        {"binary-source",
         "s3",
         {{.name = "bucket", .required = true, .help = "Its name."},
          {.name = "key", .help = "The object."},
          {.name = "region", .help = "Where it is."},
          {.name = "access-key-id", .help = "Of the key."},
          {.name = "secret-access-key", .type = Type::secret, .help = "Of the key."}},
         {}},
        {"command-source",
         "s3",
         {{.name = "bucket", .required = true, .help = "Its name."},
          {.name = "key", .required = true, .help = "The object."},
          {.name = "region", .help = "Where it is."},
          {.name = "access-key-id", .help = "Of the key."},
          {.name = "secret-access-key", .type = Type::secret, .help = "Of the key."}},
         {}},
        {"log-backend",
         "cloudwatch",
         {{.name = "group", .required = true, .help = "Its name."},
          {.name = "region", .help = "Where it is."},
          {.name = "access-key-id", .help = "Of the key."},
          {.name = "secret-access-key", .type = Type::secret, .help = "Of the key."}},
         {{.name = "group", .help = "Of this use."}, {.name = "stream", .help = "Its name."}}},
        {"binary-source",
         "local-path",
         {{.name = "path", .type = Type::path, .help = "The file."}},
         {{.name = "path", .type = Type::path, .help = "The file of this use."}}},
        {"log-backend",
         "file",
         {{.name = "path", .type = Type::path, .required = true, .help = "With {stream}."}},
         {}},
        {"process-runner",
         "posix",
         {{.name = "user", .help = "To run as."}},
         {{.name = "user", .help = "To run as."},
          {.name = "group", .help = "To run as."},
          {.name = "limits", .type = Type::map, .help = "Of resources."}}},
        {"log-backend",
         "every-type",
         {{.name = "flag", .type = Type::boolean, .fallback = "true"},
          {.name = "count", .type = Type::integer, .fallback = "3", .minimum = "1", .maximum = "9"},
          {.name = "ratio", .type = Type::number, .fallback = "0.5", .maximum = "1"},
          {.name = "text", .fallback = "some"},
          {.name = "colour", .fallback = "red", .choices = {"red", "green"}},
          {.name = "items", .type = Type::list, .fallback = R"(["a", "b"])"},
          {.name = "labels", .type = Type::map, .fallback = R"({ a = "x" })"},
          {.name = "pause", .type = Type::duration, .fallback = "30s", .maximum = "1h"},
          {.name = "tls.size", .type = Type::size, .fallback = "64KiB"},
          {.name = "tls.ca", .type = Type::path, .fallback = "ca.pem"},
          {.name = "token", .type = Type::secret},
          {.name = "old", .deprecated = true, .help = "use 'text'"}},
         {{.name = "stream", .required = true, .help = "What it is called there."},
          {.name = "key", .type = Type::secret}}},
    };
    return schemas;
}

inline base::Result<const config::PluginSchema*> find_schema(const std::string& kind,
                                                             const std::string& plugin,
                                                             const std::optional<base::Digest>&) {
    for (const auto& schema : plugin_schemas()) {
        if (schema.kind == kind && schema.name == plugin) return &schema;
    }
    return base::fail("", "cannot find it in /plugins", "install it");
}

} // namespace cmw::test
