// SDMX-ML 2.1, generic and structure-specific.
#include "proto/contract/markup.h"
#include "server/statistics/writers/parts.h"

namespace entente::statistics {
namespace {

constexpr const char* kNamespace = "http://www.sdmx.org/resources/sdmxml/schemas/v2_1/";

class XmlWriter final : public DataWriter {
 public:
  explicit XmlWriter(Plan plan)
      : plan_(std::move(plan)),
        generic_(plan_.form.format == DataFormat::GenericXml ||
                 plan_.form.format == DataFormat::GenericTimeXml) {
    const bool timed = plan_.form.format == DataFormat::GenericTimeXml ||
                       plan_.form.format == DataFormat::StructuredTimeXml;
    root_ = generic_
                ? (timed ? "mes:GenericTimeSeriesData" : "mes:GenericData")
                : (timed ? "mes:StructureSpecificTimeSeriesData" : "mes:StructureSpecificData");
  }

  void begin(std::string& out) override {
    const std::string ns = kNamespace;
    out += "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<" + root_ + " xmlns:mes=\"" + ns +
           "message\" xmlns:com=\"" + ns + "common\" xmlns:xsi=\"" +
           "http://www.w3.org/2001/XMLSchema-instance\"";
    if (generic_) out += " xmlns:gen=\"" + ns + "data/generic\"";
    if (!generic_) out += " xmlns:ss=\"" + ns + "data/structurespecific\"";
    for (std::size_t t = 0; !generic_ && t < plan_.topics.size(); ++t) {
      out += " xmlns:own" + number(t) + "=\"" + own_namespace(t) + "\"";
    }
    out += "><mes:Header><mes:ID>ENTENTE</mes:ID><mes:Test>false</mes:Test><mes:Prepared>" +
           plan_.prepared + "</mes:Prepared><mes:Sender id=\"ENTENTE\"/>";
    for (std::size_t t = 0; t < plan_.topics.size(); ++t) {
      const Flow& flow = *plan_.topics[t].flow;
      const StructureName name = structure_name_of(flow);
      out += "<mes:Structure structureID=\"S" + number(t) + "\"";
      if (!generic_) out += " namespace=\"" + own_namespace(t) + "\"";
      out += " dimensionAtObservation=\"" + at_observation() +
             "\"><com:Structure><Ref agencyID=\"" + name.agency + "\" id=\"" + name.id +
             "\" version=\"" + flow.structure.version() +
             "\" class=\"DataStructure\"/></com:Structure></mes:Structure>";
    }
    out += "</mes:Header>\n";
  }

  void begin_set(const SetHead& head, const Texts& texts, std::string& out) override {
    topic_ = head.topic;
    flow_ = plan_.topics[topic_].flow.get();
    texts_ = texts;
    at_ = dimension_at(plan_.view, *flow_);
    deletes_ = head.action == SetHead::Action::Delete;
    values_.clear();
    for (const auto& list : *texts.attributes) values_.emplace_back(list.size());
    const std::string in = generic_ ? "" : "ss:";
    out += "<mes:DataSet " + in + "action=\"" + (deletes_ ? "Delete" : "Replace") + "\" ";
    if (head.valid_from) {
      out += in + "validFromDate=\"" + to_rfc3339(*head.valid_from) + "\" ";
    }
    if (head.valid_to) out += in + "validToDate=\"" + to_rfc3339(*head.valid_to) + "\" ";
    out += in + "structureRef=\"S" + number(topic_) + "\"";
    if (!generic_) {
      out += " xsi:type=\"own" + number(topic_) + ":DataSetType\" ss:dataScope=\"DataStructure\"";
    }
    out += ">\n";
    open_ = false;
    group_.clear();
  }

  void write(const Columns& columns, std::string& out) override {
    std::size_t cell = 0;
    for (std::size_t s = 0; s < columns.series(); ++s) {
      const auto key = columns.key(s);
      if (plan_.view.at == View::At::Time) {
        close_group(out);
        open_group(key, {}, out);
      }
      if (!plan_.observations) {
        cell += columns.counts[s];
        continue;
      }
      for (std::uint32_t i = 0; i < columns.counts[s]; ++i, ++cell) {
        const std::string& period = periods_.text({columns.frequency(s), columns.ordinals[cell]});
        if (at_) section(key, columns.ordinals[cell], period, out);
        generic_ ? generic_cell(columns, cell, key, period, out)
                 : own_cell(columns, cell, key, period, out);
      }
    }
  }

  void end_set(std::string& out) override {
    close_group(out);
    out += "</mes:DataSet>\n";
  }
  void end(std::string& out) override { out += "</" + root_ + ">\n"; }

 private:
  [[nodiscard]] std::string number(std::size_t topic) const {
    return plan_.topics.size() == 1 ? std::string() : std::to_string(topic + 1);
  }
  [[nodiscard]] std::string at_observation() const {
    if (plan_.view.at == View::At::Time) return std::string(time_dimension);
    return plan_.view.at == View::At::All ? "AllDimensions" : plan_.view.dimension;
  }
  [[nodiscard]] std::string own_namespace(std::size_t topic) const {
    const Flow& flow = *plan_.topics[topic].flow;
    return urn_of("datastructure.DataStructure", structure_name_of(flow),
                  flow.structure.version()) +
           ":ObsLevelDim:" + at_observation();
  }
  [[nodiscard]] const std::string& id_of(std::size_t dimension) const {
    return flow_->structure.dimensions(static_cast<int>(dimension)).id();
  }

  // What has the same key but for the dimension that stands with the observation.
  void section(std::span<const std::uint32_t> key, std::int32_t ordinal, const std::string& period,
               std::string& out) {
    std::vector<std::uint32_t> group(key.begin(), key.end());
    group[*at_] = 0;
    group.push_back(static_cast<std::uint32_t>(ordinal));
    if (open_ && group == group_) return;
    close_group(out);
    open_group(key, period, out);
    group_ = std::move(group);
  }

  void value(std::string_view id, std::string_view text, std::string& out) const {
    out += "<gen:Value id=\"";
    out += id;
    out += "\" value=\"";
    out += text;
    out += "\"/>";
  }
  static void own(std::string_view id, std::string_view text, std::string& out) {
    out += ' ';
    out += id;
    out += "=\"";
    out += text;
    out += '"';
  }

  void key_values(std::span<const std::uint32_t> key, std::optional<std::size_t> without,
                  std::string& out) const {
    for (std::size_t d = 0; d + 1 < key.size(); ++d) {
      if (without == d) continue;
      const std::string& text = (*texts_.dimensions)[d][key[d]];
      generic_ ? value(id_of(d), text, out) : own(id_of(d), text, out);
    }
  }

  void open_group(std::span<const std::uint32_t> key, const std::string& period, std::string& out) {
    out += generic_ ? "<gen:Series><gen:SeriesKey>" : "<Series";
    key_values(key, at_, out);
    if (!period.empty()) {
      generic_ ? value(time_dimension, period, out) : own(time_dimension, period, out);
    }
    out += generic_ ? "</gen:SeriesKey>" : ">";
    open_ = true;
  }
  void close_group(std::string& out) {
    if (open_) out += generic_ ? "</gen:Series>\n" : "</Series>\n";
    open_ = false;
  }

  void generic_cell(const Columns& columns, std::size_t cell, std::span<const std::uint32_t> key,
                    const std::string& period, std::string& out) {
    if (plan_.view.at == View::At::All) {
      out += "<gen:Obs><gen:ObsKey>";
      key_values(key, {}, out);
      value(time_dimension, period, out);
      out += "</gen:ObsKey>";
    } else {
      out += "<gen:Obs><gen:ObsDimension value=\"";
      out += at_ ? (*texts_.dimensions)[*at_][key[*at_]] : period;
      out += "\"/>";
    }
    if (plan_.figures && columns.kinds[cell] == Kind::Value && !deletes_) {
      out += "<gen:ObsValue value=\"";
      append_figure(out, columns.values[cell]);
      out += "\"/>";
    }
    const std::size_t mark = out.size();
    attributes(columns, cell, out);
    if (out.size() != mark) {
      out.insert(mark, "<gen:Attributes>");
      out += "</gen:Attributes>";
    }
    out += "</gen:Obs>";
  }

  void own_cell(const Columns& columns, std::size_t cell, std::span<const std::uint32_t> key,
                const std::string& period, std::string& out) {
    out += "<Obs";
    if (plan_.view.at == View::At::All) key_values(key, {}, out);
    if (at_) {
      own(id_of(*at_), (*texts_.dimensions)[*at_][key[*at_]], out);
    } else {
      own(time_dimension, period, out);
    }
    if (plan_.figures && columns.kinds[cell] == Kind::Value && !deletes_) {
      out += ' ';
      out += flow_->measure;
      out += "=\"";
      append_figure(out, columns.values[cell]);
      out += '"';
    }
    attributes(columns, cell, out);
    out += "/>";
  }

  void attributes(const Columns& columns, std::size_t cell, std::string& out) {
    if (deletes_) return;
    const auto codes = columns.codes_of(cell);
    const std::vector<bool>& told = plan_.topics[topic_].attributes;
    for (std::size_t a = 0; a < codes.size(); ++a) {
      if (codes[a] == 0 || !told[a]) continue;
      const auto make = [&] {
        const std::string& id = flow_->structure.attributes(static_cast<int>(a)).id();
        const std::string text = markup_text((*texts_.attributes)[a][codes[a]]);
        std::string made;
        generic_ ? value(id, text, made) : own(id, text, made);
        return made;
      };
      if (flow_->attribute_lists[a] == nullptr) {
        out += make();
      } else {
        out += values_[a].of(codes[a], make);
      }
    }
  }

  const Plan plan_;
  const bool generic_;
  std::string root_;
  PeriodTexts periods_;
  // The data set under way.
  std::size_t topic_ = 0;
  const Flow* flow_ = nullptr;
  Texts texts_;
  std::optional<std::size_t> at_;
  bool deletes_ = false;
  std::vector<Rendered> values_;
  bool open_ = false;
  std::vector<std::uint32_t> group_;
};

}  // namespace

std::unique_ptr<DataWriter> make_xml_writer(Plan plan) {
  return std::make_unique<XmlWriter>(std::move(plan));
}

}  // namespace entente::statistics
