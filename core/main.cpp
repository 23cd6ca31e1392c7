// SPDX-License-Identifier: Apache-2.0
//
// main.cpp - arguments to command to exit status. The last border for exceptions.
#include "app/commands.hpp"
#include "app/terminal.hpp"

#include <exception>

namespace {

int run(const std::vector<std::string>& words) {
    using namespace cmw::app;
    const auto invocation = parse(commands(), words);
    if (!invocation) {
        report(invocation.error());
        return ExitStatus::usage;
    }
    switch (invocation->kind) {
    case Invocation::Kind::help:
        print(invocation->command != nullptr ? command_help(*invocation->command)
                                             : general_help(commands()));
        return ExitStatus::done;
    case Invocation::Kind::version:
        return version({});
    case Invocation::Kind::run:
        break;
    }
    return invocation->command->run(invocation->arguments);
}

} // namespace

int main(int argc, char** argv) try {
    return run({argv + std::min(argc, 1), argv + argc});
} catch (const std::exception& error) {
    cmw::app::report(cmw::base::Problem{"", std::string("cannot go on: ") + error.what(), {}});
    return cmw::app::ExitStatus::failed;
}
