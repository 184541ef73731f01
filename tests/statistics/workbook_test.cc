// Workbooks of more rows than a sheet has, read as an archive.
#include <zlib.h>

#include <catch2/catch.hpp>
#include <cstring>
#include <map>
#include <string>

#include "server/statistics/writers.h"

namespace entente::statistics {
namespace {

std::uint32_t little(std::string_view bytes, std::size_t at, std::size_t width) {
  std::uint32_t value = 0;
  for (std::size_t i = width; i-- > 0;)
    value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  return value;
}

// Each file of an archive by the directory at its end, unpacked.
std::map<std::string, std::string> unpacked(const std::string& archive) {
  std::map<std::string, std::string> files;
  const std::size_t end = archive.rfind("PK\x05\x06");
  REQUIRE(end != std::string::npos);
  std::size_t at = little(archive, end + 16, 4);
  for (std::uint32_t left = little(archive, end + 10, 2); left > 0; --left) {
    REQUIRE(archive.compare(at, 4, "PK\x01\x02") == 0);
    const std::uint32_t packed = little(archive, at + 20, 4);
    const std::uint32_t size = little(archive, at + 24, 4);
    const std::uint32_t name_size = little(archive, at + 28, 2);
    const std::size_t local = little(archive, at + 42, 4);
    const std::size_t body =
        local + 30 + little(archive, local + 26, 2) + little(archive, local + 28, 2);
    std::string& file = files[archive.substr(at + 46, name_size)];
    file.resize(size);
    z_stream stream{};
    REQUIRE(inflateInit2(&stream, -15) == Z_OK);
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(archive.data() + body));
    stream.avail_in = packed;
    stream.next_out = reinterpret_cast<Bytef*>(file.data());
    stream.avail_out = size;
    CHECK(inflate(&stream, Z_FINISH) == Z_STREAM_END);
    CHECK(stream.total_out == size);
    inflateEnd(&stream);
    CHECK(crc32_z(0, reinterpret_cast<const Bytef*>(file.data()), size) ==
          little(archive, at + 16, 4));
    at += 46 + name_size + little(archive, at + 30, 2) + little(archive, at + 32, 2);
  }
  return files;
}

std::size_t count(const std::string& text, std::string_view what) {
  std::size_t found = 0;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1))
    ++found;
  return found;
}

TEST_CASE("rows beyond what a sheet has go on in the next, under the same headings",
          "[statistics][workbook]") {
  constexpr std::uint32_t in_sheet = 1'048'576 - 1;  // below the headings
  constexpr std::uint32_t observations = 2 * in_sheet + 10;
  auto flow = std::make_shared<Flow>();
  flow->wire.set_name("dataflows/B.CUBE");
  flow->wire.set_version("1.0");
  flow->measure = "OBS_VALUE";
  flow->structure.add_dimensions()->set_id("REF_AREA");
  flow->dimension_lists.emplace_back();
  Plan plan;
  plan.form.format = DataFormat::Workbook;
  plan.topics = {{.flow = flow, .provider = "", .attributes = {}}};
  plan.model = std::make_shared<const Model>();
  plan.front = {{"Dataflow", "B:CUBE(1.0)"}};
  const auto writer = make_writer(std::move(plan));
  const std::vector<std::vector<std::string>> dimensions = {{"SWE"}};
  const std::vector<std::vector<std::string>> attributes;
  std::string book;
  writer->begin(book);
  writer->begin_set({}, {.dimensions = &dimensions, .attributes = &attributes}, book);
  Columns columns;
  columns.width = 2;
  for (std::uint32_t written = 0; written < observations; written += columns.counts[0]) {
    columns.clear();
    columns.keys = {0, static_cast<std::uint32_t>(Frequency::Day)};
    columns.counts = {std::min<std::uint32_t>(4'096, observations - written)};
    for (std::uint32_t i = 0; i < columns.counts[0]; ++i) {
      columns.ordinals.push_back(static_cast<std::int32_t>((written + i) % 10'000));
      columns.kinds.push_back(Kind::Value);
      columns.values.push_back({1, 0});
    }
    writer->write(columns, book);
    REQUIRE(writer->state().ok());
  }
  writer->end_set(book);
  writer->end(book);

  const auto files = unpacked(book);
  const auto sheet = [&](int number) -> const std::string& {
    return files.at("xl/worksheets/sheet" + std::to_string(number) + ".xml");
  };
  CHECK(count(sheet(1), "<row>") == 1);
  CHECK(count(sheet(2), "<row>") == in_sheet + 1);
  CHECK(count(sheet(3), "<row>") == in_sheet + 1);
  CHECK(count(sheet(4), "<row>") == 11);
  CHECK(count(sheet(2), "<v>1</v>") == in_sheet);
  const auto heading = [&](int number) {
    return sheet(number).substr(0, sheet(number).find("</row>"));
  };
  CHECK(heading(2) == heading(4));
  const std::string& index = files.at("xl/workbook.xml");
  for (const char* name : {"About", "Figures", "Figures 2", "Figures 3"}) {
    CHECK(count(index, std::string("name=\"") + name + '"') == 1);
  }
  CHECK(count(files.at("[Content_Types].xml"), "/xl/worksheets/sheet") == 4);
  CHECK(count(files.at("xl/_rels/workbook.xml.rels"), "worksheets/sheet") == 4);
}

}  // namespace
}  // namespace entente::statistics
