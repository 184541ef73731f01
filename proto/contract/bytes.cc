#include "proto/contract/bytes.h"

#include <array>

#include "proto/contract/status.h"

namespace entente {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr std::string_view kBase64 =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kBase64Url =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

unsigned byte_at(std::string_view bytes, std::size_t index) {
  return static_cast<unsigned char>(bytes[index]);
}

std::string encode(std::string_view bytes, std::string_view alphabet, bool padded) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t left = bytes.size() - i;
    const unsigned group = byte_at(bytes, i) << 16 | (left > 1 ? byte_at(bytes, i + 1) << 8 : 0U) |
                           (left > 2 ? byte_at(bytes, i + 2) : 0U);
    out.push_back(alphabet[group >> 18]);
    out.push_back(alphabet[group >> 12 & 63U]);
    if (left > 1)
      out.push_back(alphabet[group >> 6 & 63U]);
    else if (padded)
      out.push_back('=');
    if (left > 2)
      out.push_back(alphabet[group & 63U]);
    else if (padded)
      out.push_back('=');
  }
  return out;
}

std::optional<std::string> decode(std::string_view text, std::string_view alphabet) {
  if (text.size() % 4 == 1) return std::nullopt;
  std::string out;
  out.reserve(text.size() / 4 * 3 + 2);
  unsigned group = 0;
  unsigned bits = 0;
  for (const char c : text) {
    const std::size_t value = alphabet.find(c);
    if (value == std::string_view::npos) return std::nullopt;
    group = (group << 6 | static_cast<unsigned>(value)) & 0xffffffU;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      out.push_back(static_cast<char>(group >> bits & 0xffU));
    }
  }
  // Stray bits would let two texts mean the same bytes.
  if ((group & ((1U << bits) - 1U)) != 0) return std::nullopt;
  return out;
}

}  // namespace

std::string to_hex(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size() * 2);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    out.push_back(kHexDigits[byte_at(bytes, i) >> 4]);
    out.push_back(kHexDigits[byte_at(bytes, i) & 15U]);
  }
  return out;
}

std::optional<std::string> from_hex(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  const auto digit = [](char c) -> int {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
  };
  std::string out;
  out.reserve(text.size() / 2);
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const int high = digit(text[i]);
    const int low = digit(text[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    out.push_back(static_cast<char>(high << 4 | low));
  }
  return out;
}

std::string to_base64(std::string_view bytes) { return encode(bytes, kBase64, true); }

std::optional<std::string> from_base64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  for (int pad = 0; pad < 2 && !text.empty() && text.back() == '='; ++pad) text.remove_suffix(1);
  return decode(text, kBase64);
}

std::string to_base64url(std::string_view bytes) { return encode(bytes, kBase64Url, false); }

std::optional<std::string> from_base64url(std::string_view text) {
  return decode(text, kBase64Url);
}

void append_u16(std::string& out, std::uint16_t value) {
  for (int shift = 8; shift >= 0; shift -= 8)
    out.push_back(static_cast<char>(value >> shift & 0xff));
}

void append_u32(std::string& out, std::uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8)
    out.push_back(static_cast<char>(value >> shift & 0xff));
}

void append_u64(std::string& out, std::uint64_t value) {
  for (int shift = 56; shift >= 0; shift -= 8)
    out.push_back(static_cast<char>(value >> shift & 0xff));
}

std::uint32_t read_u32(std::string_view bytes) {
  ENTENTE_CHECK(bytes.size() >= 4);
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value = value << 8 | byte_at(bytes, i);
  return value;
}

std::uint64_t read_u64(std::string_view bytes) {
  ENTENTE_CHECK(bytes.size() >= 8);
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < 8; ++i) value = value << 8 | byte_at(bytes, i);
  return value;
}

bool is_utf8(std::string_view text) {
  std::size_t i = 0;
  while (i < text.size()) {
    const unsigned lead = byte_at(text, i++);
    if (lead < 0x80) continue;
    std::size_t follow = 0;
    std::uint32_t point = 0;
    std::uint32_t least = 0;
    if (lead >= 0xc2 && lead <= 0xdf) {
      follow = 1;
      point = lead & 0x1fU;
      least = 0x80;
    } else if (lead >= 0xe0 && lead <= 0xef) {
      follow = 2;
      point = lead & 0x0fU;
      least = 0x800;
    } else if (lead >= 0xf0 && lead <= 0xf4) {
      follow = 3;
      point = lead & 0x07U;
      least = 0x10000;
    } else
      return false;
    if (text.size() - i < follow) return false;
    for (; follow > 0; --follow) {
      const unsigned next = byte_at(text, i++);
      if ((next & 0xc0U) != 0x80U) return false;
      point = point << 6 | (next & 0x3fU);
    }
    if (point < least || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) return false;
  }
  return true;
}

}  // namespace entente
