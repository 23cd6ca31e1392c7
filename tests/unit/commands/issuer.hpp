// SPDX-License-Identifier: Apache-2.0
//
// Who signs commands in these tests.
#pragma once

#include "commands/command_file.hpp"
#include "commands/signature.hpp"
#include "fakes/certificates.hpp"
#include "support/temporary_folder.hpp"

#include <fstream>

namespace cmw::test {

class Issuer {
  public:
    explicit Issuer(const CertificateWish& wish = {.key = KeyKind::ed25519, .names = ""})
        : made_(self_signed(wish)) {
        std::ofstream(key_path()) << made_.key;
    }

    std::string key_path() const { return folder_ / "key.pem"; }
    const std::string& pem() const { return made_.certificate; }
    commands::Certificate certificate() const {
        return commands::Certificate::parse(pem(), "management.crt").value();
    }
    /// A command file of this line.
    std::string file(const std::string& line) const {
        return commands::join(line, commands::sign(line, key_path()).value());
    }

  private:
    TemporaryFolder folder_;
    Certificate made_;
};

} // namespace cmw::test
