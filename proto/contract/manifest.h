// What a ministry's key signs when it uploads figures: who has the file, the upload's row and this
// text, checks the signature without any of our code. Pure; any thread.
#pragma once

#include <google/protobuf/message.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace entente {

struct UploadWords {
  std::string_view dataflow;  // `dataflows/IGC.ASYLUM`; no text has a line feed
  std::string_view action;    // the enumerator's name: `REPLACE`
  std::string_view upload_id;
  std::uint64_t bytes = 0;          // of the file
  std::string_view sha256;          // of the file, 32 bytes
  std::string_view mapping_sha256;  // of the encoded mapping that it is read by; empty: none
};

// Lines, each ended by LF: `entente-upload/1`, dataflow, action, upload id, bytes, SHA-256 in
// hexadecimal; and `mapping` with its SHA-256 if there is one.
[[nodiscard]] std::string upload_manifest(const UploadWords& words);

// What is signed of a file whose rows can be proven one by one (proto/contract/row_tree.h): who may
// not see all of the file is told this and neither its digest nor its length.
struct RowsWords {
  std::string_view dataflow;
  std::string_view action;
  std::string_view columns;  // of a row, `ACTION,FREQ,...`
  std::string root;          // 32 bytes
  std::string file_hash;     // SHA-256 of the blind and the upload_manifest
};
// Lines, each ended by LF: `entente-upload/2`, dataflow, action, `columns` with them, `rows` and
// `file` with their 32 bytes in hexadecimal.
[[nodiscard]] std::string rows_manifest(const RowsWords& words);
// Nothing: it is no such text. The views are into it.
[[nodiscard]] std::optional<RowsWords> parse_rows_manifest(std::string_view text);

// What is signed when an upload is taken back: `entente-withdrawal/1` and the upload's name, each
// ended by LF.
[[nodiscard]] std::string withdrawal_manifest(std::string_view name);

// A message's bytes, the same for the same content: maps are in order.
[[nodiscard]] std::string encoded(const google::protobuf::Message& message);

}  // namespace entente
