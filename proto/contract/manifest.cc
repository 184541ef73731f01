#include "proto/contract/manifest.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <vector>

#include "proto/contract/bytes.h"
#include "proto/contract/status.h"

namespace entente {

std::string upload_manifest(const UploadWords& words) {
  std::string text = "entente-upload/1\n";
  text.append(words.dataflow).append("\n");
  text.append(words.action).append("\n");
  text.append(words.upload_id).append("\n");
  text.append(std::to_string(words.bytes)).append("\n");
  text.append(to_hex(words.sha256)).append("\n");
  if (!words.mapping_sha256.empty()) {
    text.append("mapping ").append(to_hex(words.mapping_sha256)).append("\n");
  }
  return text;
}

std::string rows_manifest(const RowsWords& words) {
  std::string text = "entente-upload/2\n";
  text.append(words.dataflow).append("\n");
  text.append(words.action).append("\n");
  text.append("columns ").append(words.columns).append("\n");
  text.append("rows ").append(to_hex(words.root)).append("\n");
  text.append("file ").append(to_hex(words.file_hash)).append("\n");
  return text;
}

std::optional<RowsWords> parse_rows_manifest(std::string_view text) {
  std::vector<std::string_view> lines;
  for (std::size_t end; (end = text.find('\n')) != std::string_view::npos;
       text.remove_prefix(end + 1)) {
    lines.push_back(text.substr(0, end));
  }
  if (!text.empty() || lines.size() != 6 || lines[0] != "entente-upload/2" ||
      !lines[3].starts_with("columns ") || !lines[4].starts_with("rows ") ||
      !lines[5].starts_with("file ")) {
    return std::nullopt;
  }
  const auto root = from_hex(lines[4].substr(5));
  const auto file = from_hex(lines[5].substr(5));
  if (!root || root->size() != 32 || !file || file->size() != 32) return std::nullopt;
  return RowsWords{.dataflow = lines[1],
                   .action = lines[2],
                   .columns = lines[3].substr(8),
                   .root = *root,
                   .file_hash = *file};
}

std::string withdrawal_manifest(std::string_view name) {
  return "entente-withdrawal/1\n" + std::string(name) + "\n";
}

std::string encoded(const google::protobuf::Message& message) {
  std::string bytes;
  google::protobuf::io::StringOutputStream out(&bytes);
  google::protobuf::io::CodedOutputStream coded(&out);
  coded.SetSerializationDeterministic(true);
  ENTENTE_CHECK(message.SerializeToCodedStream(&coded));
  coded.Trim();
  return bytes;
}

}  // namespace entente
