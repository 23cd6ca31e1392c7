// SPDX-License-Identifier: Apache-2.0
//
// state/schema.hpp - the tables of the state, and how an older version of them becomes this one.
// For database.cpp alone.
#pragma once

#include <Poco/Data/Session.h>

namespace cmw::state {

/// Sets the session up: durability, a check of the file, and the tables as this program knows them.
/// What an older program made is upgraded in one transaction. Throws Poco's exceptions: a damaged
/// file, one of a newer program.
void prepare(Poco::Data::Session& session);

/// Throws likewise if the history in it cannot be read as it is. Writes nothing.
void check_history(Poco::Data::Session& session);

} // namespace cmw::state
