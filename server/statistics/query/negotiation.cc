#include "server/statistics/query/negotiation.h"

#include <algorithm>
#include <charconv>

#include "server/statistics/query/words.h"

namespace entente::statistics {
namespace {

constexpr std::size_t kRangesMax = 32;
constexpr std::size_t kLanguagesMax = 16;

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

// `0.75` is 750. Empty: it is no weight.
std::optional<std::uint32_t> quality_of(std::string_view text) {
  if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1')) return std::nullopt;
  std::uint32_t out = text[0] == '1' ? 1'000 : 0;
  if (text.size() == 1) return out;
  if (text[1] != '.') return std::nullopt;
  std::uint32_t place = 100;
  for (const char c : text.substr(2)) {
    if (c < '0' || c > '9') return std::nullopt;
    out += static_cast<std::uint32_t>(c - '0') * place;
    place /= 10;
  }
  return std::min<std::uint32_t>(out, 1'000);
}

// What stands between commas that are not in quotes.
std::vector<std::string_view> listed(std::string_view header, char at) {
  std::vector<std::string_view> out;
  std::size_t from = 0;
  bool quoted = false;
  for (std::size_t i = 0; i <= header.size(); ++i) {
    if (i < header.size() && header[i] == '"') quoted = !quoted;
    if (i < header.size() && (quoted || header[i] != at)) continue;
    out.push_back(trimmed(header.substr(from, i - from)));
    from = i + 1;
  }
  return out;
}

// A word with its parameters, `q` among them taken out. Empty: it does not read.
std::optional<MediaRange> range_of(std::string_view text) {
  const auto parts = listed(text, ';');
  MediaRange range;
  range.type = lower(parts[0]);
  if (range.type.empty()) return std::nullopt;
  for (std::size_t i = 1; i < parts.size(); ++i) {
    if (parts[i].empty()) continue;
    const std::size_t equals = parts[i].find('=');
    if (equals == std::string_view::npos) return std::nullopt;
    const std::string name = lower(trimmed(parts[i].substr(0, equals)));
    std::string_view value = trimmed(parts[i].substr(equals + 1));
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
      value = value.substr(1, value.size() - 2);
    }
    if (name != "q") {
      range.parameters.emplace_back(name, std::string(value));
      continue;
    }
    const auto quality = quality_of(value);
    if (!quality) return std::nullopt;
    range.quality = *quality;
  }
  return range;
}

std::vector<MediaRange> ranges_of(std::string_view header, std::size_t most) {
  std::vector<MediaRange> out;
  for (const std::string_view one : listed(header, ',')) {
    if (out.size() == most) break;
    if (auto range = range_of(one)) out.push_back(*std::move(range));
  }
  return out;
}

void sort_by_quality(std::vector<MediaRange>& ranges) {
  std::stable_sort(ranges.begin(), ranges.end(),
                   [](const MediaRange& a, const MediaRange& b) { return a.quality > b.quality; });
}

}  // namespace

std::string_view MediaRange::find(std::string_view name) const {
  for (const auto& [key, value] : parameters) {
    if (key == name) return value;
  }
  return {};
}

std::vector<MediaRange> parse_accept(std::string_view header) {
  std::vector<MediaRange> out = ranges_of(header, kRangesMax);
  std::erase_if(out, [](const MediaRange& one) { return one.quality == 0; });
  sort_by_quality(out);
  return out;
}

bool accepts_version(std::string_view asked, std::string_view offered) {
  if (asked.empty()) return true;
  const auto wanted = split(asked, '.');
  const auto there = split(offered, '.');
  bool higher = false;
  bool rises = false;  // from that part on
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    std::string_view part = wanted[i];
    if (!part.empty() && part.back() == '+') {
      part.remove_suffix(1);
      rises = true;
    }
    int least = 0;
    int has = 0;
    const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), least);
    if (error != std::errc{} || end != part.data() + part.size()) return false;
    if (i < there.size()) {
      std::from_chars(there[i].data(), there[i].data() + there[i].size(), has);
    }
    if (higher) continue;
    if (has != least && !(rises && has > least)) return false;
    higher = has > least;
  }
  return true;
}

std::vector<std::string> parse_languages(std::string_view header) {
  std::vector<MediaRange> ranges = ranges_of(header, kLanguagesMax);
  sort_by_quality(ranges);
  std::vector<std::string> out;
  for (MediaRange& range : ranges) {
    if (range.quality != 0 && range.type != "*") out.push_back(std::move(range.type));
  }
  return out;
}

Encoding choose_encoding(std::string_view header) {
  std::uint32_t best = 0;
  Encoding chosen = Encoding::Identity;
  for (const auto& [name, encoding] :
       {std::pair("zstd", Encoding::Zstd), std::pair("gzip", Encoding::Gzip)}) {
    std::uint32_t quality = 0;
    for (const MediaRange& range : ranges_of(header, kRangesMax)) {
      if (range.type == name) {
        quality = range.quality;
        break;
      }
    }
    if (quality > best) {
      best = quality;
      chosen = encoding;
    }
  }
  return chosen;
}

}  // namespace entente::statistics
