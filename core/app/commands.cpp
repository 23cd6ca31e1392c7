// SPDX-License-Identifier: Apache-2.0
#include "app/commands.hpp"

namespace cmw::app {

namespace {

constexpr std::string_view host = "The host";
constexpr std::string_view operate = "Operate a running host";
constexpr std::string_view decide = "Decide over a component";
constexpr std::string_view network = "Orders of the network";
constexpr std::string_view look_into = "Look into configuration and files";

constexpr Option json{"json", 0, "", "print JSON, with stable names and nothing else"};
constexpr Option lines{"lines", 'n', "N", "how many of the newest"};

} // namespace

std::span<const Command> commands() {
    static const std::vector<Command> table{
        {"run",
         host,
         "",
         0,
         0,
         "the host, in the foreground, as systemd starts it",
         "Reads the configuration, takes back the programs that an earlier host left running, and\n"
         "from then on keeps every component at the version that consensus approves and every\n"
         "service running. A configuration with problems starts nothing.\n"
         "\n"
         "SIGTERM and SIGINT stop the services (unless keep-services-on-exit is set), ship what "
         "is\n"
         "in the logs and end it; SIGHUP reads the configuration again. A host that is killed\n"
         "leaves its services running, and the next one adopts them.",
         {},
         "  cmix-wrapper run\n"
         "  cmix-wrapper run -c /etc/cmix-wrapper/wrapper.toml",
         run},
        {"legacy",
         host,
         "FLAG...",
         0,
         10'000,
         "the same, with the flags of the old wrapper",
         "Runs as 'run' does, with the flags of the wrapper that this program replaces. They are\n"
         "converted into STATE-DIR/legacy/wrapper.toml, which -c of other commands can name, and\n"
         "which a reload reads again; at the next start it is made anew. STATE-DIR is what "
         "systemd\n"
         "gives ($STATE_DIRECTORY), else /var/lib/cmix-wrapper, or, if the host is not root,\n"
         "CMD-DIR/cmix-wrapper.\n"
         "\n"
         "It is meant for the first minute: the secrets in flags are for everybody to read, and\n"
         "'config convert' puts them into files. A flag that nobody knows is an error.",
         {},
         "  cmix-wrapper legacy --s3-access-key ... --binary-path "
         "/opt/xxnetwork/bin/xxnetwork-cmix ...",
         legacy,
         "legacy"},
        {"plan",
         host,
         "",
         0,
         0,
         "a dry run: what 'run' would do now, and why",
         "Asks each consensus source once, looks at the state, the store and the installed files,\n"
         "and prints what 'run' would begin with. Nothing is fetched, written, started or\n"
         "stopped. It fails if a consensus source does not answer.",
         {json},
         "  cmix-wrapper plan\n"
         "  cmix-wrapper plan --json | jq .steps",
         plan},
        {"check",
         host,
         "",
         0,
         0,
         "validate the configuration, without side effects",
         "Reads the configuration as 'run' would, asks each plugin about its options, and looks "
         "at\n"
         "paths, permissions and plugin files. Every problem is printed in one go, each with\n"
         "FILE:LINE:COLUMN and what to do. Warnings do not make it fail. Nothing is written,\n"
         "started or fetched.\n"
         "\n"
         "Paths are judged for the user that runs the check: run it as the user that the host\n"
         "runs as.",
         {},
         "  cmix-wrapper check\n"
         "  sudo -u cmix cmix-wrapper check -c /etc/cmix-wrapper/wrapper.toml",
         check},
        {"status",
         operate,
         "",
         0,
         0,
         "services, components, plugins, streams, consensus",
         "Shows what consensus says, which version of each component is approved and installed,\n"
         "what each service does and why, the health of plugins and how far logs are delivered.\n"
         "Digests are cut to 12 digits; --json has all of them.\n"
         "\n"
         "With --watch it stays and shows each change: on a terminal by drawing anew, otherwise\n"
         "one after the other; with --json one line for each.",
         {json, {"watch", 'w', "", "stay, and show each change"}},
         "  cmix-wrapper status\n"
         "  cmix-wrapper status --watch\n"
         "  cmix-wrapper status --json | jq -r .components.server.state",
         status},
        {"start",
         operate,
         "SERVICE",
         1,
         1,
         "start a service; waits for the result",
         "Starts a service that was stopped, has failed or is in back-off, at once. A service\n"
         "with start-when = \"ready\" still waits until consensus says that this node may run.",
         {},
         "  cmix-wrapper start cmix",
         start},
        {"stop",
         operate,
         "SERVICE",
         1,
         1,
         "stop a service until it is started again",
         "Asks the program to end, kills it after stop-timeout, and waits for that. The service\n"
         "stays stopped, over restarts of the host too, until 'start'.",
         {},
         "  cmix-wrapper stop cmix",
         stop},
        {"restart",
         operate,
         "SERVICE",
         1,
         1,
         "stop a service and start it again",
         "Stops the program as 'stop' does, starts it again and waits for the result.",
         {},
         "  cmix-wrapper restart cmix",
         restart},
        {"logs",
         operate,
         "STREAM",
         1,
         1,
         "the end of a stream's file, or follow it",
         "Prints the last lines of the file of a log stream. The file is found through the\n"
         "configuration: no host needs to run. With -f it goes on with what is written, over\n"
         "rotations of the file, until it is interrupted. A path with a wildcard stands for the\n"
         "files that are there now.",
         {{"follow", 'f', "", "go on with what is written"}, lines},
         "  cmix-wrapper logs cmix\n"
         "  cmix-wrapper logs -f -n 100 cmix",
         logs},
        {"history",
         operate,
         "[NAME]",
         0,
         1,
         "what happened to components and services, and why",
         "Every approval seen, fetch, refusal, activation, roll-back, start, crash and order, the\n"
         "newest last; of one component or service if it is named. Times are local; in JSON they\n"
         "are UTC. The newest 50 are shown, or as many as -n says (at most 10000).",
         {json, lines},
         "  cmix-wrapper history\n"
         "  cmix-wrapper history -n 5 server\n"
         "  cmix-wrapper history --json | jq '.[] | select(.event == \"crashed\")'",
         history},
        {"reload",
         operate,
         "",
         0,
         0,
         "make the host read its configuration again",
         "The same as SIGHUP, but it waits and says what is wrong. Services whose definition did\n"
         "not change keep running. A configuration with problems changes nothing.",
         {},
         "  cmix-wrapper check && cmix-wrapper reload",
         reload},
        {"pin",
         decide,
         "COMPONENT",
         1,
         1,
         "use this binary, whatever consensus approves",
         "The component is kept at the digest or file that you name, until 'unpin'. With --digest\n"
         "it is fetched from the component's binary source; with --file the host copies the file\n"
         "into its store (it must be able to read it, as its own user), and needs no source.\n"
         "\n"
         "A pin is your own risk: a network may punish a node that runs other software than it\n"
         "approved. It shows in 'status' and 'history', and lasts over restarts. If the pinned "
         "one\n"
         "does not start, what ran before comes back, and the pinned one is quarantined.",
         {{"digest", 0, "HEX", "this one, as 'digest' prints it"},
          {"file", 0, "PATH", "a copy of this file, as it is now"}},
         "  cmix-wrapper pin server --file ./my-cmix\n"
         "  cmix-wrapper pin server --digest $(cmix-wrapper digest my-cmix | cut -d' ' -f1)",
         pin},
        {"unpin",
         decide,
         "COMPONENT",
         1,
         1,
         "use what consensus approves again",
         "Ends a pin. What consensus approves by now is then an upgrade like any other: fetched,\n"
         "verified, and activated as the component's policy says.",
         {},
         "  cmix-wrapper unpin server",
         unpin},
        {"hold",
         decide,
         "COMPONENT",
         1,
         1,
         "keep what is in use, until 'release'",
         "Freezes a component at what is in use now. What consensus approves meanwhile is shown\n"
         "and fetched ahead, and not activated. It lasts over restarts.",
         {},
         "  cmix-wrapper hold server",
         hold},
        {"release",
         decide,
         "COMPONENT",
         1,
         1,
         "follow consensus again, and try what was quarantined",
         "Ends a hold and a roll-back, and takes every digest of the component out of quarantine,\n"
         "with all that was quarantined together with it: what is approved is tried again, once.",
         {},
         "  cmix-wrapper release server",
         release},
        {"rollback",
         decide,
         "COMPONENT",
         1,
         1,
         "go back to what was in use before",
         "Activates the version that was in use before, or the one that --to names (whole, or its\n"
         "first digits; see 'previous' in 'status --json'). The one that is left is quarantined:\n"
         "it is not used again until consensus approves another, or 'release'. What was activated\n"
         "together with it goes back too, in the same activation; the answer names it, and tells\n"
         "what cannot go along.",
         {{"to", 0, "DIGEST", "go back to this one"}},
         "  cmix-wrapper rollback server\n"
         "  cmix-wrapper rollback server --to 1f3a5c7e9b",
         rollback},
        {"approve",
         decide,
         "COMPONENT",
         1,
         1,
         "let what waits be activated now",
         "With activation = \"manual\" a newly approved version waits, fetched, verified and "
         "staged,\n"
         "for this command; with \"window\" or a spread this does not wait any longer. It "
         "concerns\n"
         "the version that waits now, and no later one.",
         {},
         "  cmix-wrapper approve server",
         approve},
        {"command",
         network,
         "sign | verify | approve | decline ...",
         2,
         1000,
         "the network's orders: sign, check, decide",
         "'approve SOURCE' and 'decline SOURCE' decide about the order that waits at a command\n"
         "source of a running host: see 'ask' of [command-source.NAME].\n"
         "\n"
         "'sign FILE' prints the command file for the JSON in FILE: with the time now if it has "
         "no\n"
         "timestamp, in one line, and signed by the private key of --key (RSA or Ed25519, PEM).\n"
         "With --role, --expires and --sequence it cannot be replayed elsewhere or later. What a\n"
         "host would not take is not signed.\n"
         "\n"
         "'verify FILE...' tells whether the files are signed by the key of --certificate and "
         "what\n"
         "they order. It fails if a host would refuse one for what is in it; whether a host has\n"
         "taken a newer one, only that host knows.",
         {{"certificate", 0, "FILE", "verify: whose signature it must be (PEM)"},
          {"key", 0, "FILE", "sign: the private key (PEM)"},
          {"role", 0, "NAME", "sign: the only role that takes it; verify: the host's"},
          {"expires", 0, "TIME", "sign: no host takes it later than this from now: 1h"},
          {"sequence", 0, "N", "sign: higher than that of the one before"}},
         "  cmix-wrapper command sign --key key.pem --expires 1h stop.json > command.jsonl\n"
         "  cmix-wrapper command verify --certificate network.crt command.jsonl\n"
         "  cmix-wrapper command approve management",
         command},
        {"plugins",
         look_into,
         "list | show NAME",
         1,
         2,
         "the plugins that are there, their options",
         "'list' shows every plugin of the plugin path: kind, name, version, file, what it is "
         "for;\n"
         "and each library that was refused, with the reason. 'show' shows one plugin with all of\n"
         "its options: type, unit, default, limits, help. NAME may be KIND/NAME where plugins of\n"
         "two kinds share a name.\n"
         "\n"
         "The plugin path is that of the configuration, or where the program is installed if\n"
         "there is no configuration.",
         {json},
         "  cmix-wrapper plugins list\n"
         "  cmix-wrapper plugins show substrate\n"
         "  cmix-wrapper plugins show log-backend/file",
         plugins},
        {"config",
         look_into,
         "show | default | convert",
         1,
         10'000,
         "the configuration in effect, or a template",
         "'show' prints the merged configuration of FILE and FILE.d/*.toml as TOML, secrets\n"
         "hidden. 'default' prints a commented template of every setting of the host.\n"
         "\n"
         "'convert UNIT-FILE' makes a configuration of a unit file that starts the old wrapper; "
         "'-'\n"
         "reads it from the standard input. 'convert --flags FLAG...' makes it of the flags "
         "alone.\n"
         "Each setting says which flag it comes from. Secrets go into files of mode 0600, in the\n"
         "folder of --secrets, else in 'secrets' beside --output. Nothing that is there is\n"
         "overwritten. What has no counterpart is told.",
         {{"output", 'o', "FILE", "convert: write it there, and do not print it"},
          {"secrets", 0, "FOLDER", "convert: where secrets go"},
          {"flags", 0, "FLAG...", "convert: what follows are flags of the old wrapper"}},
         "  cmix-wrapper config show -c wrapper.toml\n"
         "  cmix-wrapper config default > wrapper.toml\n"
         "  cmix-wrapper config convert /lib/systemd/system/xxnetwork-cmix.service \\\n"
         "    --output /etc/cmix-wrapper/wrapper.toml",
         config,
         "--flags"},
        {"digest",
         look_into,
         "FILE...",
         1,
         10'000,
         "the digest of files, as the chain names them",
         "Prints the digest of each file and its name, as b2sum and sha256sum do. The default is\n"
         "BLAKE2s-256, which is what the xx network approves software by.",
         {{"algorithm", 'a', "NAME", "blake2s-256 (default) or sha-256"}},
         "  cmix-wrapper digest /opt/xxnetwork/bin/xxnetwork-cmix",
         digest},
        {"version",
         look_into,
         "",
         0,
         0,
         "the version of this program",
         "Prints the version, as --version does.",
         {},
         "  cmix-wrapper version",
         version},
    };
    return table;
}

} // namespace cmw::app
