#include "server/statistics/writers.h"

#include <optional>
#include <unordered_map>

#include "server/statistics/structure/names.h"

namespace entente::statistics {
namespace {

StructureName name_in(std::string_view name, std::string_view collection) {
  return parse_structure_name(name, collection).value_or(StructureName());
}

// Calls `visit(series, cell)` for each observation, in order.
template <typename Visit>
void each_cell(const Columns& columns, const Visit& visit) {
  std::size_t cell = 0;
  for (std::size_t s = 0; s < columns.series(); ++s) {
    for (std::uint32_t i = 0; i < columns.counts[s]; ++i, ++cell) visit(s, cell, i);
  }
}

std::string figure(const Columns& columns, std::size_t cell) {
  return columns.kinds[cell] == Kind::Value ? to_text(columns.values[cell]) : std::string();
}

// --- CSV ----------------------------------------------------------------------------------------

class CsvWriter final : public DataWriter {
 public:
  CsvWriter(const Flow& flow, bool second) : flow_(flow) {
    const StructureName name = name_in(flow.wire.name(), "dataflows");
    const std::string id = name.agency + ":" + name.id + "(" + flow.wire.version() + ")";
    prefix_ = second ? "dataflow," + id + ",I" : id;
    heading_ = second ? "STRUCTURE,STRUCTURE_ID,ACTION" : "DATAFLOW";
  }

  void begin(std::string& out) override {
    out += heading_;
    for (const auto& one : flow_.structure.dimensions()) out += "," + one.id();
    out += "," + std::string(time_dimension) + "," + flow_.measure;
    for (const auto& one : flow_.structure.attributes()) out += "," + one.id();
    out += "\r\n";
  }

  void write(const Merge& merge, const Merged& some, std::string& out) override {
    const Columns& columns = some.columns;
    std::string key;
    each_cell(columns, [&](std::size_t s, std::size_t cell, std::uint32_t i) {
      if (i == 0) {
        key = prefix_;
        for (std::size_t d = 0; d + 1 < columns.width; ++d) {
          key += ',';
          key += merge.dimensions()[d][columns.key(s)[d]];
        }
        key += ',';
      }
      out += key;
      out += to_text({columns.frequency(s), columns.ordinals[cell]});
      out += ',';
      out += figure(columns, cell);
      for (std::size_t a = 0; a < columns.attributes; ++a) {
        out += ',';
        add(merge.attributes()[a][columns.codes_of(cell)[a]], flow_.attribute_lists[a] == nullptr,
            out);
      }
      out += "\r\n";
    });
  }

  void end(std::string&) override {}

 private:
  // Free text that a spreadsheet would take for a formula is made text.
  static void add(const std::string& text, bool free, std::string& out) {
    const bool formula = free && !text.empty() &&
                         std::string_view("=+-@\t\r").find(text.front()) != std::string_view::npos;
    if (!formula && text.find_first_of(",\"\r\n") == std::string::npos) {
      out += text;
      return;
    }
    out += formula ? "\"'" : "\"";
    for (const char c : text) {
      if (c == '"') out += '"';
      out += c;
    }
    out += '"';
  }

  const Flow& flow_;
  std::string prefix_;
  std::string heading_;
};

// --- XML ----------------------------------------------------------------------------------------

constexpr const char* kNamespace = "http://www.sdmx.org/resources/sdmxml/schemas/v2_1/";

class XmlWriter final : public DataWriter {
 public:
  XmlWriter(const Flow& flow, bool generic, Instant prepared)
      : flow_(flow), generic_(generic), prepared_(to_rfc3339(prepared)) {}

  void begin(std::string& out) override {
    const StructureName name = name_in(flow_.structure.name(), "data-structures");
    const std::string ns = kNamespace;
    const std::string urn =
        "urn:sdmx:org.sdmx.infomodel.datastructure.DataStructure=" + name.agency + ":" + name.id +
        "(" + flow_.structure.version() + ")";
    root_ = generic_ ? "mes:GenericData" : "mes:StructureSpecificData";
    out += "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<" + root_ + " xmlns:mes=\"" + ns +
           "message\" xmlns:com=\"" + ns + "common\" xmlns:xsi=\"" +
           "http://www.w3.org/2001/XMLSchema-instance\"";
    out += generic_ ? " xmlns:gen=\"" + ns + "data/generic\">"
                    : " xmlns:ss=\"" + ns + "data/structurespecific\" xmlns:own=\"" + urn +
                          ":ObsLevelDim:TIME_PERIOD\">";
    out += "<mes:Header><mes:ID>ENTENTE</mes:ID><mes:Test>false</mes:Test><mes:Prepared>" +
           prepared_ +
           "</mes:Prepared><mes:Sender id=\"ENTENTE\"/><mes:Structure structureID=\"S\"" +
           (generic_ ? "" : " namespace=\"" + urn + "\"") +
           " dimensionAtObservation=\"TIME_PERIOD\"><com:Structure><Ref agencyID=\"" + name.agency +
           "\" id=\"" + name.id + "\" version=\"" + flow_.structure.version() +
           "\" class=\"DataStructure\"/></com:Structure></mes:Structure></mes:Header>\n";
    out += generic_ ? "<mes:DataSet action=\"Replace\" structureRef=\"S\">\n"
                    : "<mes:DataSet ss:action=\"Replace\" ss:structureRef=\"S\" "
                      "xsi:type=\"own:DataSetType\" ss:dataScope=\"DataStructure\">\n";
  }

  void write(const Merge& merge, const Merged& some, std::string& out) override {
    const Columns& columns = some.columns;
    each_cell(columns, [&](std::size_t s, std::size_t cell, std::uint32_t i) {
      if (i == 0) open_series(merge, columns, s, out);
      const Period period{columns.frequency(s), columns.ordinals[cell]};
      generic_ ? generic_cell(merge, columns, cell, period, out)
               : own_cell(merge, columns, cell, period, out);
      if (i + 1 == columns.counts[s]) out += generic_ ? "</gen:Series>\n" : "</Series>\n";
    });
  }

  void end(std::string& out) override { out += "</mes:DataSet></" + root_ + ">\n"; }

 private:
  void open_series(const Merge& merge, const Columns& columns, std::size_t s,
                   std::string& out) const {
    out += generic_ ? "<gen:Series><gen:SeriesKey>" : "<Series";
    for (std::size_t d = 0; d + 1 < columns.width; ++d) {
      const std::string& id = flow_.structure.dimensions(static_cast<int>(d)).id();
      const std::string code = xml_escaped(merge.dimensions()[d][columns.key(s)[d]]);
      out += generic_ ? "<gen:Value id=\"" + id + "\" value=\"" + code + "\"/>"
                      : " " + id + "=\"" + code + "\"";
    }
    out += generic_ ? "</gen:SeriesKey>" : ">";
  }
  void generic_cell(const Merge& merge, const Columns& columns, std::size_t cell, Period period,
                    std::string& out) const {
    out += "<gen:Obs><gen:ObsDimension value=\"" + to_text(period) + "\"/>";
    if (columns.kinds[cell] == Kind::Value) {
      out += "<gen:ObsValue value=\"" + figure(columns, cell) + "\"/>";
    }
    bool open = false;
    for (std::size_t a = 0; a < columns.attributes; ++a) {
      const std::string& text = merge.attributes()[a][columns.codes_of(cell)[a]];
      if (text.empty()) continue;
      if (!open) out += "<gen:Attributes>";
      open = true;
      out += "<gen:Value id=\"" + flow_.structure.attributes(static_cast<int>(a)).id() +
             "\" value=\"" + xml_escaped(text) + "\"/>";
    }
    if (open) out += "</gen:Attributes>";
    out += "</gen:Obs>";
  }
  void own_cell(const Merge& merge, const Columns& columns, std::size_t cell, Period period,
                std::string& out) const {
    out += "<Obs TIME_PERIOD=\"" + to_text(period) + "\"";
    if (columns.kinds[cell] == Kind::Value) {
      out += " " + flow_.measure + "=\"" + figure(columns, cell) + "\"";
    }
    for (std::size_t a = 0; a < columns.attributes; ++a) {
      const std::string& text = merge.attributes()[a][columns.codes_of(cell)[a]];
      if (text.empty()) continue;
      out += " " + flow_.structure.attributes(static_cast<int>(a)).id() + "=\"" +
             xml_escaped(text) + "\"";
    }
    out += "/>";
  }

  const Flow& flow_;
  const bool generic_;
  const std::string prepared_;
  std::string root_;
};

// --- JSON ---------------------------------------------------------------------------------------

// Codes in the order in which they were met.
class Met {
 public:
  std::size_t place(const std::string& text) {
    const auto [at, fresh] = places_.emplace(text, texts.size());
    if (fresh) texts.push_back(text);
    return at->second;
  }
  std::vector<std::string> texts;

 private:
  std::unordered_map<std::string, std::size_t> places_;
};

class JsonWriter final : public DataWriter {
 public:
  JsonWriter(const Flow& flow, bool second, Instant prepared)
      : flow_(flow),
        second_(second),
        prepared_(to_rfc3339(prepared)),
        dimensions_(flow.dimension_lists.size()),
        attributes_(flow.attribute_lists.size()) {}

  void begin(std::string& out) override {
    const char* version = second_ ? "2.0.0" : "1.0.0";
    const char* path = second_ ? "master" : "develop";
    out += "{\"meta\":{\"schema\":\"https://raw.githubusercontent.com/sdmx-twg/sdmx-json/" +
           std::string(path) + "/data-message/tools/schemas/" + version +
           "/sdmx-json-data-schema.json\",\"id\":\"ENTENTE\",\"prepared\":\"" + prepared_ +
           "\",\"test\":false,\"sender\":{\"id\":\"ENTENTE\"}},\"data\":{\"dataSets\":[{" +
           (second_ ? "\"structure\":0," : "") + "\"action\":\"" +
           (second_ ? "Replace" : "Information") + "\"," + links() + "\"series\":{";
  }

  void write(const Merge& merge, const Merged& some, std::string& out) override {
    const Columns& columns = some.columns;
    each_cell(columns, [&](std::size_t s, std::size_t cell, std::uint32_t i) {
      if (i == 0) {
        out += first_ ? "\"" : ",\"";
        first_ = false;
        for (std::size_t d = 0; d + 1 < columns.width; ++d) {
          if (d != 0) out += ':';
          out += std::to_string(dimensions_[d].place(merge.dimensions()[d][columns.key(s)[d]]));
        }
        out += "\":{\"observations\":{";
      }
      const std::string period = to_text({columns.frequency(s), columns.ordinals[cell]});
      out += (i == 0 ? "\"" : ",\"") + std::to_string(periods_.place(period)) + "\":[";
      const std::string value = figure(columns, cell);
      // The 2.0 form has figures as texts where they need not be binary fractions.
      out += value.empty() ? "null" : value;
      for (std::size_t a = 0; a < columns.attributes; ++a) {
        const std::string& text = merge.attributes()[a][columns.codes_of(cell)[a]];
        out += text.empty() ? ",null" : "," + std::to_string(attributes_[a].place(text));
      }
      out += i + 1 == columns.counts[s] ? "]}}" : "]";
    });
  }

  void end(std::string& out) override {
    out += "}}],";
    out += second_ ? "\"structures\":[{" : "\"structure\":{";
    const std::string title = title_of(flow_.wire.title(), flow_.wire.name());
    if (second_) {
      out += "\"dataSets\":[0]," + links();
    } else {
      out += "\"name\":" + json_quoted(title) + ",";
    }
    out += "\"dimensions\":{";
    if (second_) out += "\"dataSet\":[],";
    out += "\"series\":[";
    for (std::size_t d = 0; d < dimensions_.size(); ++d) {
      if (d != 0) out += ',';
      component(flow_.structure.dimensions(static_cast<int>(d)).id(), dimensions_[d],
                flow_.dimension_lists[d].get(), d, out);
    }
    out += "],\"observation\":[";
    component(std::string(time_dimension), periods_, nullptr, dimensions_.size(), out);
    out += "]}";
    if (second_) {
      out += ",\"measures\":{\"observation\":[{\"id\":" + json_quoted(flow_.measure) +
             ",\"name\":\"Figure\"}]}";
    }
    out += ",\"attributes\":{\"dataSet\":[],\"series\":[],\"observation\":[";
    for (std::size_t a = 0; a < attributes_.size(); ++a) {
      if (a != 0) out += ',';
      component(flow_.structure.attributes(static_cast<int>(a)).id(), attributes_[a],
                flow_.attribute_lists[a].get(), std::nullopt, out);
      out.pop_back();
      out += second_ ? ",\"relationship\":{\"observation\":{}}}"
                     : ",\"relationship\":{\"primaryMeasure\":" + json_quoted(flow_.measure) + "}}";
    }
    out += "]}";
    out += second_ ? "}]}}" : "}}}";
  }

 private:
  static std::string title_of(const v1::Text& text, const std::string& otherwise) {
    const auto found = text.by_language().find("en");
    return found == text.by_language().end() ? otherwise : found->second;
  }

  // What the figures are of.
  [[nodiscard]] std::string links() const {
    const auto name = parse_structure_name(flow_.wire.name(), "dataflows");
    if (!name) return {};
    return "\"links\":[{\"rel\":\"dataflow\",\"urn\":" +
           json_quoted("urn:sdmx:org.sdmx.infomodel.datastructure.Dataflow=" + name->agency + ":" +
                       name->id + "(" + flow_.wire.version() + ")") +
           "}],";
  }

  void component(const std::string& id, const Met& met, const Codelist* list,
                 std::optional<std::size_t> position, std::string& out) const {
    out += "{\"id\":" + json_quoted(id) + ",\"name\":" + json_quoted(id);
    if (position) out += ",\"keyPosition\":" + std::to_string(*position);
    if (id == time_dimension) {
      out += second_ ? ",\"roles\":[\"TIME_PERIOD\"]" : ",\"role\":\"time\"";
    }
    if (second_ && met.texts.empty()) {  // The 2.0 form has no empty lists.
      out += '}';
      return;
    }
    out += ",\"values\":[";
    for (std::size_t i = 0; i < met.texts.size(); ++i) {
      const v1::Item* item = list != nullptr ? list->find(met.texts[i]) : nullptr;
      const std::string text = json_quoted(met.texts[i]);
      if (i != 0) out += ',';
      const std::string name =
          item != nullptr ? json_quoted(title_of(item->title(), item->id())) : text;
      out += "{\"id\":" + text + ",\"name\":" + name + "}";
    }
    out += "]}";
  }

  const Flow& flow_;
  const bool second_;
  const std::string prepared_;
  std::vector<Met> dimensions_;
  std::vector<Met> attributes_;
  Met periods_;
  bool first_ = true;
};

}  // namespace

std::string xml_escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\n':
        out += "&#10;";
        break;
      default:
        if (static_cast<unsigned char>(c) >= 0x20) out += c;
    }
  }
  return out;
}

std::string json_quoted(std::string_view text) {
  static constexpr std::string_view hex = "0123456789abcdef";
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') out += '\\';
    if (byte < 0x20) {
      out += "\\u00";
      out += hex[byte >> 4];
      out += hex[byte & 15];
    } else {
      out += c;
    }
  }
  return out + "\"";
}

const char* media_type_of(DataFormat format) {
  switch (format) {
    case DataFormat::Csv1:
      return "application/vnd.sdmx.data+csv; version=1.0.0; charset=utf-8";
    case DataFormat::Csv2:
      return "application/vnd.sdmx.data+csv; version=2.0.0; charset=utf-8";
    case DataFormat::Json1:
      return "application/vnd.sdmx.data+json; version=1.0.0; charset=utf-8";
    case DataFormat::Json2:
      return "application/vnd.sdmx.data+json; version=2.0.0; charset=utf-8";
    case DataFormat::GenericXml:
      return "application/vnd.sdmx.genericdata+xml; version=2.1; charset=utf-8";
    case DataFormat::StructuredXml:
      break;
  }
  return "application/vnd.sdmx.structurespecificdata+xml; version=2.1; charset=utf-8";
}

std::unique_ptr<DataWriter> make_writer(DataFormat format, const Flow& flow, Instant prepared) {
  switch (format) {
    case DataFormat::Csv1:
    case DataFormat::Csv2:
      return std::make_unique<CsvWriter>(flow, format == DataFormat::Csv2);
    case DataFormat::Json1:
    case DataFormat::Json2:
      return std::make_unique<JsonWriter>(flow, format == DataFormat::Json2, prepared);
    case DataFormat::GenericXml:
    case DataFormat::StructuredXml:
      break;
  }
  return std::make_unique<XmlWriter>(flow, format == DataFormat::GenericXml, prepared);
}

}  // namespace entente::statistics
