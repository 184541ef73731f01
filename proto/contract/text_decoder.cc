#include "proto/contract/text_decoder.h"

#include <array>

namespace entente {
namespace {

// Of 0x80 to 0x9f, as the WHATWG's Encoding standard has windows-1252.
constexpr std::array<std::uint16_t, 32> kWindows = {
    0x20ac, 0x81,   0x201a, 0x192,  0x201e, 0x2026, 0x2020, 0x2021, 0x2c6,  0x2030, 0x160,
    0x2039, 0x152,  0x8d,   0x17d,  0x8f,   0x90,   0x2018, 0x2019, 0x201c, 0x201d, 0x2022,
    0x2013, 0x2014, 0x2dc,  0x2122, 0x161,  0x203a, 0x153,  0x9d,   0x17e,  0x178};

}  // namespace

std::optional<Encoding> encoding_of(std::string_view name) {
  if (name.empty()) return Encoding::Unsaid;
  if (name == "utf-8") return Encoding::Utf8;
  if (name == "iso-8859-1") return Encoding::Latin1;
  if (name == "windows-1252") return Encoding::Windows1252;
  if (name == "utf-16") return Encoding::Utf16;
  return std::nullopt;
}

void append_utf8(std::string& out, std::uint32_t point) {
  const auto put = [&](std::uint32_t byte) { out += static_cast<char>(byte); };
  if (point < 0x80) return put(point);
  if (point < 0x800) {
    put(0xc0 | point >> 6);
  } else if (point < 0x10000) {
    put(0xe0 | point >> 12);
    put(0x80 | (point >> 6 & 0x3f));
  } else {
    put(0xf0 | point >> 18);
    put(0x80 | (point >> 12 & 0x3f));
    put(0x80 | (point >> 6 & 0x3f));
  }
  put(0x80 | (point & 0x3f));
}

Status TextDecoder::fault(const char* rule) const {
  return Status(Code::InvalidArgument, Reason::ImportRefused, rule)
      .with_violation({.field = "", .rule = rule, .line = line_, .column = 0});
}

Status TextDecoder::put_unit(std::uint32_t unit, std::string& out) {
  const bool low = unit >= 0xdc00 && unit <= 0xdfff;
  if (low != (high_ != 0)) return fault("the text is not UTF-16");
  if (unit >= 0xd800 && unit <= 0xdbff) {
    high_ = unit;
    return {};
  }
  append_utf8(out, low ? 0x10000 + ((high_ - 0xd800) << 10) + (unit - 0xdc00) : unit);
  high_ = 0;
  if (unit == '\n') ++line_;
  return {};
}

Status TextDecoder::take_utf16(std::string_view bytes, std::string& out) {
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (!half_) {
      half_ = byte;
      continue;
    }
    const std::uint32_t first = *half_;
    half_.reset();
    ENTENTE_TRY_VOID(
        put_unit(big_endian_ ? first << 8 | byte : std::uint32_t{byte} << 8 | first, out));
  }
  return {};
}

Status TextDecoder::take(std::string_view bytes, std::string& out) {
  if (encoding_ == Encoding::Utf16) return take_utf16(bytes, out);
  if (encoding_ == Encoding::Utf8) {
    out.append(bytes);
    return {};
  }
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    const bool windows = encoding_ == Encoding::Windows1252 && byte >= 0x80 && byte <= 0x9f;
    append_utf8(out, windows ? kWindows.at(byte - 0x80U) : byte);
  }
  return {};
}

Status TextDecoder::decode(std::string_view bytes, std::string& out) {
  if (started_) return take(bytes, out);
  begun_.append(bytes);
  if (begun_.size() < 2) return {};
  started_ = true;
  const std::string_view start = begun_;
  const bool little = start.starts_with("\xff\xfe");
  const bool big = start.starts_with("\xfe\xff");
  if (encoding_ == Encoding::Unsaid) encoding_ = little || big ? Encoding::Utf16 : Encoding::Utf8;
  if (encoding_ != Encoding::Utf16) return take(begun_, out);
  // Without a mark: a heading begins with a letter of one byte.
  big_endian_ = big || (!little && start[0] == '\0');
  return take(start.substr(little || big ? 2 : 0), out);
}

Status TextDecoder::finish(std::string& out) {
  if (!started_) {
    started_ = true;
    if (encoding_ == Encoding::Unsaid) encoding_ = Encoding::Utf8;
    ENTENTE_TRY_VOID(take(begun_, out));
  }
  if (half_ || high_ != 0) return fault("the file ends within a letter");
  return {};
}

}  // namespace entente
