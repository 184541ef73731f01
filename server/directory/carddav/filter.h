// The filter of an addressbook-query (RFC 6352 section 10.5), over the text of a card. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/dav/xml.h"

namespace entente::directory {

// Matches every card as long as it is empty.
class CardFilter {
 public:
  CardFilter() = default;
  // Empty if it asks for what is not supported: filters of parameters, collations other than
  // i;unicode-casemap, i;ascii-casemap and i;octet, kinds of match that there are not.
  [[nodiscard]] static std::optional<CardFilter> from(const dav::XmlNode& filter);

  [[nodiscard]] bool is_empty() const { return properties_.empty(); }
  [[nodiscard]] bool matches(std::string_view card) const;

 private:
  enum class How { Contains, Equals, StartsWith, EndsWith };
  struct TextMatch {
    std::string text;
    How how = How::Contains;
    bool negate = false;
    bool exact_case = false;
    [[nodiscard]] bool matches(std::string_view value) const;
  };
  struct Property {
    std::string name;  // upper case
    bool not_defined = false;
    bool all = false;  // of the texts; else any
    std::vector<TextMatch> texts;
  };
  static std::optional<TextMatch> text_match(const dav::XmlNode& node);
  static bool matches(const Property& property, const std::vector<std::string>& values);

  bool all_ = false;  // of the properties; else any
  std::vector<Property> properties_;
};

}  // namespace entente::directory
