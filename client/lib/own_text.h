// The text of a document that this client has opened, read as the server reads those that it may:
// by `entente-extract`, a process of its own that shuts itself in before it looks at a byte. Its
// bytes reach neither a disk nor anybody else. Any thread.
#pragma once

#include <string>

#include "entente/v1/sealing.pb.h"

namespace entente::client {

// `reader` is the program; where it is empty or cannot be started, only what says itself to be
// plain text, and is, is read. Empty: there is none that could be read.
[[nodiscard]] std::string text_of(const v1::SealedManifest& manifest, std::string content,
                                  const std::string& reader);

}  // namespace entente::client
