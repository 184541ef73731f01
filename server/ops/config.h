// Reads the daemon's configuration (proto/entente/config/v1/config.proto). Pure but for `load`. Any
// thread.
#pragma once

#include <string>
#include <string_view>

#include "entente/config/v1/config.pb.h"
#include "proto/contract/status.h"

namespace entente::ops {

using Config = config::v1::Config;

// InvalidArgument (FieldInvalid): an unknown key or a malformed value, with line and column; a
// value out of its range or missing, with its field. `folder` is what relative paths are relative
// to.
[[nodiscard]] Result<Config> parse_config(std::string_view text, const std::string& folder);
// The same of a file. NotFound: it cannot be read.
[[nodiscard]] Result<Config> load_config(const std::string& path);
// Whether what a daemon needs to start is there and can be read: certificate, keys, trust.
// InvalidArgument (FieldInvalid): each that is not, with the line and column in the file `path`
// that names it.
[[nodiscard]] Status check_files(const std::string& path, const Config& config);
// `why`, which is wrong of what `field` names, as InvalidArgument (FieldInvalid) with the line and
// column in the file `path` where the field stands.
[[nodiscard]] Status refuse_field(const std::string& path, const char* field, const Status& why);

}  // namespace entente::ops
