// SPDX-License-Identifier: Apache-2.0
#include "app/ask_host.hpp"

#include "app/configuration.hpp"
#include "app/terminal.hpp"

#include <Poco/URI.h>

namespace cmw::app {

tl::expected<control::Client, int> client_of(const Arguments& arguments) {
    const auto files = read_files(arguments);
    if (!files) return tl::unexpected(misconfigured(files.error()));
    return control::Client(control_socket(files->host));
}

int failure(const control::ClientFailure& failed) {
    report(failed.problem);
    return failed.no_host ? ExitStatus::no_host : ExitStatus::failed;
}

int failure(const base::Problem& problem) {
    report(problem);
    return ExitStatus::failed;
}

int misused(const base::Problem& problem) {
    report(problem);
    return ExitStatus::usage;
}

int misconfigured(const base::Problems& problems) {
    report(problems, "error", Colour::red);
    return ExitStatus::usage;
}

std::string escaped(const std::string& text) {
    std::string encoded;
    Poco::URI::encode(text, "/?#&=+%;", encoded);
    return encoded;
}

} // namespace cmw::app
