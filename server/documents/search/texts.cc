#include "server/documents/search/texts.h"

#include <sys/wait.h>

#include <algorithm>

#include "proto/contract/bytes.h"
#include "proto/contract/limits_documents.h"
#include "proto/contract/limits_search.h"
#include "proto/words/words.h"
#include "server/documents/content.h"
#include "server/documents/extract/text.h"

namespace entente::documents::search {
namespace {

using extract::End;

constexpr std::uint32_t kKilled = 16;    // at the helper's limits
constexpr std::uint32_t kTooLarge = 17;  // it was not even tried

std::vector<std::string_view> pieces_of(std::string_view text) {
  std::vector<std::string_view> pieces;
  std::size_t begin = 0;
  std::size_t count = 0;
  words::each_word(text, [&](const words::Word& word) {
    if (count != 0 && count % limits::text_piece_words == 0) {
      pieces.push_back(text.substr(begin, word.begin - begin));
      begin = word.begin;
    }
    return ++count < limits::index_words_max;
  });
  if (count != 0) pieces.push_back(text.substr(begin));
  return pieces;
}

std::uint64_t characters_of(std::string_view text) {
  return static_cast<std::uint64_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0U) != 0x80;
  }));
}

}  // namespace

std::string why_not(const record::Text& text) {
  if (text.end() == kKilled) return "it needs more memory or time than is given";
  if (text.end() == kTooLarge) return "it is larger than 128 MiB";
  switch (static_cast<End>(text.end())) {
    case End::Read:
      return {};
    case End::Encrypted:
      return "it asks for a password";
    case End::Broken:
      return "it is broken";
    case End::Unknown:
      return "it is of no kind whose text is read";
    case End::Empty:
      return "there is no text in it: it may be a scan";
    case End::Bomb:
      return "it unpacks to more than a document has";
    case End::Failed:
      break;
  }
  return "it could not be read";
}

store::Key Texts::key_of(const store::Id& content, std::uint64_t number) {
  return store::Key(texts_table).id(content).number(number);
}

store::StagedRow Texts::none_of(const store::Id& content, const store::Id& document) {
  record::Text text;
  text.set_end(static_cast<std::uint32_t>(End::Unknown));
  return {.key = key_of(content, 0), .value = text.SerializeAsString(), .seal = seal_of(document)};
}

Result<std::optional<record::Text>> Texts::find(store::Snapshot& snapshot,
                                                const store::Id& content) const {
  ENTENTE_TRY(const std::optional<std::string> bytes, snapshot.find(key_of(content, 0)));
  if (!bytes) return std::optional<record::Text>();
  record::Text text;
  if (!text.ParseFromString(*bytes)) {
    return Status(Code::DataLoss, Reason::None, "a text cannot be read");
  }
  return std::optional(text);
}

Result<record::Text> Texts::read(const documents::record::Kept& kept, const store::Id& document,
                                 const std::stop_token& stop) const {
  record::Text text;
  std::string whole;
  if (kept.bytes() > limits::extracted_from_bytes_max) {
    text.set_end(kTooLarge);
  } else {
    ENTENTE_TRY(const std::unique_ptr<Sheet> out, Sheet::make());
    Copy copy(store_, kept);
    const auto pour = [&](Sheet& in) -> Status {
      for (std::uint64_t at = 0; at < kept.bytes();) {
        ENTENTE_TRY(const std::string some, copy.read(at, limits::content_chunk_bytes));
        ENTENTE_TRY_VOID(in.append(some));
        at += some.size();
      }
      return {};
    };
    ENTENTE_TRY(const std::string head, copy.read(0, limits::content_chunk_bytes));
    // For what has none no process is started.
    int ended = W_EXITCODE(static_cast<int>(End::Unknown), 0);
    if (extract::may_have_text(head)) {
      ENTENTE_TRY(ended, helper_.run(pour, *out, stop));
    }
    text.set_end(WIFEXITED(ended) ? static_cast<std::uint32_t>(WEXITSTATUS(ended)) : kKilled);
    // What was read before it broke is better than nothing.
    ENTENTE_TRY(whole, out->read(0, limits::extracted_bytes_max));
    if (!is_utf8(whole)) whole.clear();
    text.set_cut(whole.size() + 4 > limits::extracted_bytes_max);
  }
  const store::Id id = store::Id::from(kept.id());
  const store::SealName seal = seal_of(document);
  std::vector<store::StagedRow> rows;
  for (const std::string_view piece : pieces_of(whole)) {
    text.set_pieces(text.pieces() + 1);
    rows.push_back({.key = key_of(id, text.pieces()), .value = std::string(piece), .seal = seal});
  }
  text.set_characters(characters_of(whole));
  // The last: while it is not there, the text has not been read.
  rows.push_back({.key = key_of(id, 0), .value = text.SerializeAsString(), .seal = seal});
  ENTENTE_TRY_VOID(store_.stage(rows));
  return text;
}

Result<std::string> Texts::piece(store::Snapshot& snapshot, const store::Id& content,
                                 std::uint32_t n) const {
  ENTENTE_TRY(std::optional<std::string> found, snapshot.find(key_of(content, n + 1)));
  return found ? *std::move(found) : std::string();
}

Result<std::string> Texts::whole(store::Snapshot& snapshot, const store::Id& content) const {
  std::string text;
  const auto cursor = snapshot.scan(store::Key(texts_table).id(content), key_of(content, 1));
  for (; cursor->valid(); cursor->next()) {
    ENTENTE_TRY(const std::string piece, cursor->value());
    text += piece;
  }
  ENTENTE_TRY_VOID(cursor->status());
  return text;
}

}  // namespace entente::documents::search
