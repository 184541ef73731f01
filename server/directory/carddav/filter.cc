#include "server/directory/carddav/filter.h"

#include <unicode/unistr.h>

#include <algorithm>
#include <map>
#include <utility>

namespace entente::directory {
namespace {

constexpr std::string_view carddav_space = "urn:ietf:params:xml:ns:carddav";

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  return out;
}

std::string without_case(std::string_view text) {
  std::string out;
  icu::UnicodeString::fromUTF8(
      icu::StringPiece(text.data(), static_cast<std::int32_t>(text.size())))
      .foldCase()
      .toUTF8String(out);
  return out;
}

// Values by property name, unfolded and with their escapes resolved.
std::map<std::string, std::vector<std::string>> properties_of(std::string_view card) {
  std::string unfolded;
  for (std::size_t i = 0; i < card.size(); ++i) {
    if (card.substr(i).starts_with("\r\n ")) {
      i += 2;
    } else {
      unfolded += card[i];
    }
  }
  std::map<std::string, std::vector<std::string>> properties;
  for (std::string_view rest = unfolded; !rest.empty();) {
    const std::size_t end = rest.find("\r\n");
    const std::string_view line = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 2);
    const std::size_t colon = line.find(':');  // our cards quote no colon in a parameter
    if (colon == std::string_view::npos) continue;
    std::string value;
    for (std::size_t i = colon + 1; i < line.size(); ++i) {
      if (line[i] == '\\' && i + 1 < line.size()) {
        ++i;
        value += line[i] == 'n' ? '\n' : line[i];
      } else {
        value += line[i];
      }
    }
    properties[upper(line.substr(0, std::min(colon, line.find(';'))))].push_back(std::move(value));
  }
  return properties;
}

bool is_all(const dav::XmlNode& node) { return node.attribute("test") == "allof"; }

}  // namespace

bool CardFilter::TextMatch::matches(std::string_view value) const {
  const std::string folded = exact_case ? std::string(value) : without_case(value);
  bool found = false;
  switch (how) {
    case How::Contains:
      found = folded.find(text) != std::string::npos;
      break;
    case How::Equals:
      found = folded == text;
      break;
    case How::StartsWith:
      found = folded.starts_with(text);
      break;
    case How::EndsWith:
      found = folded.ends_with(text);
      break;
  }
  return found != negate;
}

std::optional<CardFilter::TextMatch> CardFilter::text_match(const dav::XmlNode& node) {
  TextMatch match;
  const std::string_view collation = node.attribute("collation");
  if (!collation.empty() && collation != "i;unicode-casemap" && collation != "i;ascii-casemap" &&
      collation != "i;octet") {
    return std::nullopt;
  }
  match.exact_case = collation == "i;octet";
  match.text = match.exact_case ? node.text : without_case(node.text);
  match.negate = node.attribute("negate-condition") == "yes";
  const std::string_view type = node.attribute("match-type");
  if (type == "equals") {
    match.how = How::Equals;
  } else if (type == "starts-with") {
    match.how = How::StartsWith;
  } else if (type == "ends-with") {
    match.how = How::EndsWith;
  } else if (!type.empty() && type != "contains") {
    return std::nullopt;
  }
  return match;
}

std::optional<CardFilter> CardFilter::from(const dav::XmlNode& filter) {
  CardFilter made;
  made.all_ = is_all(filter);
  for (const dav::XmlNode& child : filter.children) {
    if (!child.is(carddav_space, "prop-filter")) return std::nullopt;
    Property property;
    property.name = upper(child.attribute("name"));
    property.all = is_all(child);
    for (const dav::XmlNode& part : child.children) {
      if (part.is(carddav_space, "is-not-defined")) {
        property.not_defined = true;
      } else if (part.is(carddav_space, "text-match")) {
        std::optional<TextMatch> match = text_match(part);
        if (!match) return std::nullopt;
        property.texts.push_back(*std::move(match));
      } else {
        return std::nullopt;  // parameters
      }
    }
    made.properties_.push_back(std::move(property));
  }
  return made;
}

bool CardFilter::matches(const Property& property, const std::vector<std::string>& values) {
  if (property.not_defined) return values.empty();
  if (values.empty()) return false;
  if (property.texts.empty()) return true;
  const auto one = [&](const TextMatch& match) {
    return std::any_of(values.begin(), values.end(),
                       [&](const std::string& value) { return match.matches(value); });
  };
  return property.all ? std::all_of(property.texts.begin(), property.texts.end(), one)
                      : std::any_of(property.texts.begin(), property.texts.end(), one);
}

bool CardFilter::matches(std::string_view card) const {
  if (properties_.empty()) return true;
  const auto values = properties_of(card);
  const auto one = [&](const Property& property) {
    const auto found = values.find(property.name);
    return matches(property, found == values.end() ? std::vector<std::string>() : found->second);
  };
  return all_ ? std::all_of(properties_.begin(), properties_.end(), one)
              : std::any_of(properties_.begin(), properties_.end(), one);
}

}  // namespace entente::directory
