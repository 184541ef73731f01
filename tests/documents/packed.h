// Zip archives as office documents are, made by hand: whole, broken, hostile.
#pragma once

#include <zlib.h>

#include <string>
#include <utility>
#include <vector>

namespace entente::documents::testing {

inline void put_u16(std::string& out, std::size_t value) {
  out += static_cast<char>(value & 0xff);
  out += static_cast<char>(value >> 8 & 0xff);
}
inline void put_u32(std::string& out, std::size_t value) {
  put_u16(out, value & 0xffff);
  put_u16(out, value >> 16);
}

inline std::string deflated(const std::string& bytes) {
  z_stream stream{};
  // The smallest window and tables: the fuzz target packs two parts of each input.
  deflateInit2(&stream, 9, Z_DEFLATED, -9, 1, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, bytes.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

// `flags`: bit 0 says that its parts are encrypted.
inline std::string zip_of(const std::vector<std::pair<std::string, std::string>>& parts,
                          std::size_t flags = 0) {
  std::string out;
  std::string directory;
  for (const auto& [name, content] : parts) {
    const std::string packed = deflated(content);
    const std::size_t at = out.size();
    for (std::string* header : {&out, &directory}) {
      const bool local = header == &out;
      *header += local ? "PK\x03\x04" : "PK\x01\x02";
      if (!local) put_u16(*header, 20);
      put_u16(*header, 20);
      put_u16(*header, flags);
      put_u16(*header, 8);
      put_u32(*header, 0);
      put_u32(*header, crc32(0, reinterpret_cast<const Bytef*>(content.data()),
                             static_cast<uInt>(content.size())));
      put_u32(*header, packed.size());
      put_u32(*header, content.size());
      put_u16(*header, name.size());
      put_u16(*header, 0);
      if (!local) {
        header->append(10, '\0');
        put_u32(*header, at);
      }
      *header += name;
    }
    out += packed;
  }
  const std::size_t begin = out.size();
  out += directory + std::string("PK\x05\x06", 4);
  put_u32(out, 0);
  put_u16(out, parts.size());
  put_u16(out, parts.size());
  put_u32(out, directory.size());
  put_u32(out, begin);
  put_u16(out, 0);
  return out;
}

inline std::string docx_of(const std::string& body) {
  return zip_of({{"[Content_Types].xml", "<Types/>"},
                 {"word/document.xml", "<?xml version=\"1.0\"?><w:document xmlns:w=\"w\"><w:body>" +
                                           body + "</w:body></w:document>"}});
}

}  // namespace entente::documents::testing
