// SPDX-License-Identifier: Apache-2.0
#include "config/bindings.hpp"

namespace cmw::config {

namespace {

using Type = OptionType;
using O = OrderSettings;

/// A key that goes into a member of what is said about orders.
template <auto Member>
Binding<InstanceSettings> order_key(Key declared) {
    return {std::move(declared), [](InstanceSettings& settings, const KeyValue& value) {
                put(settings.orders.*Member, value);
            }};
}

} // namespace

const Table<InstanceSettings>& command_source_table() {
    static const Table<InstanceSettings> table{
        "command-source.NAME",
        "command-source.management",
        "Orders of the network: files that the host carries out if they are signed, once, and in "
        "order. These keys stand beside `plugin` and the options of the plugin.",
        {
            order_key<&O::certificate>(
                {.spec = {.name = "certificate",
                          .type = Type::path,
                          .required = true,
                          .help = "The X.509 certificate (PEM) whose RSA or Ed25519 key signs the "
                                  "orders. It is read for each new order."},
                 .example = R"("/opt/xxnetwork/cred/network-management.crt")"}),
            order_key<&O::services>(
                {.spec = {.name = "services",
                          .type = Type::list,
                          .help = "The services that an order to start or stop the \"binary\" "
                                  "means."},
                 .names = "service",
                 .example = R"(["cmix"])",
                 .default_note = "all"}),
            order_key<&O::role>({.spec = {.name = "role",
                                          .help = "What an order must name if it names a role: "
                                                  "one for gateways is not for nodes."},
                                 .example = R"("server")",
                                 .default_note = "none: orders that name one are refused"}),
            order_key<&O::strict>({{.name = "strict",
                                    .type = Type::boolean,
                                    .fallback = "false",
                                    .help = "Only orders that name a role, when they expire, and a "
                                            "sequence number: the historic form has none of "
                                            "these."}}),
            {{.spec = {.name = "start",
                       .fallback = "end",
                       .choices = {"beginning", "end"},
                       .help = "With \"end\" what was published before this host first looked is "
                               "not carried out."}},
             [](InstanceSettings& settings, const KeyValue& value) {
                 settings.orders.from_beginning =
                     std::get<std::string>(value.value.value) == "beginning";
             }},
            order_key<&O::every>({{.name = "every",
                                   .type = Type::duration,
                                   .fallback = "10s",
                                   .minimum = "1s",
                                   .help = "How often a source is asked that cannot be told of "
                                           "news."}}),
            order_key<&O::ask>({.spec = {.name = "ask",
                                         .type = Type::list,
                                         .fallback = "[]",
                                         .help = "Commands that wait until you say so by `command "
                                                 "approve` or `command decline`: start, stop, "
                                                 "delay, update."},
                                .refine = check_verbs,
                                .example = R"(["stop"])"}),
            order_key<&O::refuse>({.spec = {.name = "refuse",
                                            .type = Type::list,
                                            .fallback = "[]",
                                            .help = "Commands that are never carried out. One of "
                                                    "these ends the order that it stands in."},
                                   .refine = check_verbs,
                                   .example = R"(["update"])"}),
        }};
    return table;
}

std::vector<const Table<InstanceSettings>*> instance_tables(std::string_view kind) {
    if (kind == "command-source") return {&instance_table(), &command_source_table()};
    return {&instance_table()};
}

} // namespace cmw::config
