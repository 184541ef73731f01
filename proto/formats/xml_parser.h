// XML as it comes, in pieces of any size: elements with their attributes and texts, each with its
// place, and nothing kept but one tag. Document types are refused, and with them every entity:
// nothing multiplies, nothing is fetched. Expat's types stop here.
//
// One thread a parser.
#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "proto/formats/reader.h"

namespace entente::statistics {

class XmlParser {
 public:
  struct Attribute {
    std::string_view space;  // namespace; empty: none
    std::string_view name;
    std::string_view value;
  };
  // A Status that is not OK ends the reading.
  class Handler {
   public:
    virtual ~Handler() = default;
    [[nodiscard]] virtual Status on_start(std::string_view space, std::string_view name,
                                          std::span<const Attribute> attributes) = 0;
    [[nodiscard]] virtual Status on_end() = 0;
    // Some text; more of the same may follow.
    [[nodiscard]] virtual Status on_text(std::string_view text) = 0;
  };

  // Requires: `handler` outlives the parser.
  explicit XmlParser(Handler& handler);
  ~XmlParser();
  XmlParser(const XmlParser&) = delete;
  XmlParser& operator=(const XmlParser&) = delete;

  // As Reader's. InvalidArgument (ImportRefused): it is not well-formed, has a document type, is
  // nested deeper than upload_depth_max, or has a tag longer than upload_line_bytes_max.
  [[nodiscard]] Status feed(std::string_view bytes);
  [[nodiscard]] Status finish();
  // Of the event at hand.
  [[nodiscard]] Place place() const;

 private:
  struct Events;
  Status parse(std::string_view bytes, bool last);
  std::unique_ptr<Events> events_;
};

}  // namespace entente::statistics
