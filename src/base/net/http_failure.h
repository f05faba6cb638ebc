// What the HTTP client says when this machine or the network refuses. The names of failures and
// phases stand with their enums in http_client.h.
//
// Thread safety: pure functions.

#pragma once

#include <string>

namespace roofscape::net {

/// An errno that accuses this machine, not the server: no descriptors, no ports, no memory.
bool IsOurOwnLack(int error);

/// What to say of it, with the cure.
std::string OwnLackMessage(int error);

/// Why a connection could not be made, with the cure.
std::string ConnectMessage(int error);

}  // namespace roofscape::net
