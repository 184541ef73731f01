// What this client has opened of confidential documents, kept so that it can search them: on the
// ministry's own disk, sealed to its own office. Whoever has the disk and not the office's key has
// lengths, and names that the server knows. docs/search.md. One thread.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "client/lib/envelope.h"

namespace entente::client {

struct OwnText {
  v1::SealedManifest manifest;  // without its key
  std::string text;             // empty: none that could be read
};

class OwnShelf {
 public:
  // `folder` is made when something is put there.
  // `reader`: the program that reads texts (own_text.h), or none.
  OwnShelf(std::string folder, std::vector<OfficeKey> keys, std::string reader = {})
      : folder_(std::move(folder)), keys_(std::move(keys)), reader_(std::move(reader)) {}

  [[nodiscard]] const std::string& folder() const { return folder_; }
  [[nodiscard]] const std::vector<OfficeKey>& keys() const { return keys_; }
  [[nodiscard]] const std::string& reader() const { return reader_; }

  // FailedPrecondition: no office's key is here. InvalidArgument: it cannot be written, or sealed
  // to that office.
  [[nodiscard]] Status put(const OwnText& one) const;
  // Of the content whose sealed bytes have this digest. Nothing: it is not here, does not open with
  // a key that is here, or is not what was put.
  [[nodiscard]] std::optional<OwnText> find(const std::string& sealed_sha256) const;
  // Takes away all but these: what is not to be seen any more is not to be found either.
  void keep_only(const std::set<std::string>& sealed_sha256) const;

 private:
  [[nodiscard]] std::string path_of(const std::string& sealed_sha256) const;
  std::string folder_;
  std::vector<OfficeKey> keys_;
  std::string reader_;
};

}  // namespace entente::client
