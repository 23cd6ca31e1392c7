// SPDX-License-Identifier: Apache-2.0
//
// app/commands.hpp - every command: a function in a file of its own, a row in the table of
// commands.cpp. Each prints for people (or JSON) and gives the exit status. Blocking.
#pragma once

#include "app/command_line.hpp"

namespace cmw::app {

/// All of them, in the order of the general help.
std::span<const Command> commands();

int approve(const Arguments& arguments);
int check(const Arguments& arguments);
int command(const Arguments& arguments);
int config(const Arguments& arguments);
int convert(const Arguments& arguments); ///< Of config.
int digest(const Arguments& arguments);
int history(const Arguments& arguments);
int hold(const Arguments& arguments);
int legacy(const Arguments& arguments);
int logs(const Arguments& arguments);
int pin(const Arguments& arguments);
int plan(const Arguments& arguments);
int plugins(const Arguments& arguments);
int release(const Arguments& arguments);
int reload(const Arguments& arguments);
int restart(const Arguments& arguments);
int rollback(const Arguments& arguments);
int run(const Arguments& arguments);
int start(const Arguments& arguments);
int status(const Arguments& arguments);
int stop(const Arguments& arguments);
int unpin(const Arguments& arguments);
int version(const Arguments& arguments);

} // namespace cmw::app
