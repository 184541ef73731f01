// SDMX-JSON 1.0, 2.0 and 2.1.
#include <algorithm>
#include <optional>
#include <unordered_map>

#include "server/statistics/writers/parts.h"

namespace entente::statistics {
namespace {

// Codes in the order in which they were met.
class Met {
 public:
  std::uint32_t place(const std::string& text) {
    const auto [at, fresh] = places_.emplace(text, static_cast<std::uint32_t>(texts.size()));
    if (fresh) texts.push_back(text);
    return at->second;
  }
  std::vector<std::string> texts;

 private:
  std::unordered_map<std::string, std::uint32_t> places_;
};

// From a data set's numbers to the places of what was met.
class Places {
 public:
  explicit Places(std::size_t codes = 0) : places_(codes, UINT32_MAX) {}
  std::uint32_t of(std::uint32_t code, const std::vector<std::string>& texts, Met& met) {
    std::uint32_t& place = places_[code];
    if (place == UINT32_MAX) place = met.place(texts[code]);
    return place;
  }

 private:
  std::vector<std::uint32_t> places_;
};

// What was met of a topic's components.
struct Known {
  std::vector<Met> dimensions;
  std::vector<Met> attributes;
  std::vector<std::string> periods;
  std::unordered_map<std::uint64_t, std::uint32_t> period_places;

  std::uint32_t place(Period period, PeriodTexts& texts) {
    const std::uint64_t number = std::uint64_t{static_cast<std::uint8_t>(period.frequency)} << 32 |
                                 static_cast<std::uint32_t>(period.ordinal);
    const auto [at, fresh] =
        period_places.emplace(number, static_cast<std::uint32_t>(periods.size()));
    if (fresh) periods.push_back(texts.text(period));
    return at->second;
  }
};

class JsonWriter final : public DataWriter {
 public:
  explicit JsonWriter(Plan plan)
      : plan_(std::move(plan)),
        format_(plan_.form.format),
        names_(*plan_.model, plan_.languages),
        known_(plan_.topics.size()) {
    for (std::size_t t = 0; t < known_.size(); ++t) {
      known_[t].dimensions.resize(plan_.topics[t].flow->dimension_lists.size());
      known_[t].attributes.resize(plan_.topics[t].flow->attribute_lists.size());
    }
  }

  void begin(std::string& out) override {
    const std::string old_schema =
        "\"schema\":\"https://raw.githubusercontent.com/sdmx-twg/sdmx-json/" +
        std::string(first() ? "develop" : "master") + "/data-message/tools/schemas/" +
        std::string(first() ? "1.0.0" : "2.0.0") + "/sdmx-json-data-schema.json\",";
    out += newest()
               ? "{\"$schema\":\"https://json.sdmx.org/2.1/sdmx-json-data-schema.json\",\"meta\":{"
               : "{\"meta\":{" + old_schema;
    out += "\"id\":\"ENTENTE\",\"prepared\":\"" + plan_.prepared +
           "\",\"test\":false,\"sender\":{\"id\":\"ENTENTE\"}},\"data\":{\"dataSets\":[";
  }

  void begin_set(const SetHead& head, const Texts& texts, std::string& out) override {
    topic_ = head.topic;
    const Flow& flow = *plan_.topics[topic_].flow;
    texts_ = texts;
    dimensions_.clear();
    for (const auto& list : *texts.dimensions) dimensions_.emplace_back(list.size());
    attributes_.clear();
    for (const auto& list : *texts.attributes) attributes_.emplace_back(list.size());
    at_ = dimension_at(plan_.view, flow);
    deletes_ = head.action == SetHead::Action::Delete;
    out += topics_of_sets_.empty() ? "{" : ",{";
    topics_of_sets_.push_back(topic_);
    if (!first()) out += "\"structure\":" + std::to_string(place_of(topic_)) + ",";
    out += "\"action\":\"" + action_of(head.action) + "\",";
    if (head.valid_from) out += "\"validFrom\":\"" + to_rfc3339(*head.valid_from) + "\",";
    if (head.valid_to) out += "\"validTo\":\"" + to_rfc3339(*head.valid_to) + "\",";
    out += links(plan_.topics[topic_]);
    out += flat() ? ",\"observations\":{" : ",\"series\":{";
    group_.clear();
    any_ = false;
  }

  void write(const Columns& columns, std::string& out) override {
    std::size_t cell = 0;
    for (std::size_t s = 0; s < columns.series(); ++s) {
      const auto key = columns.key(s);
      const bool timed = plan_.view.at == View::At::Time;
      if (timed) open_group(key_of(key), out);
      if (!plan_.observations) {
        cell += columns.counts[s];
        continue;
      }
      for (std::uint32_t i = 0; i < columns.counts[s]; ++i, ++cell) {
        const std::uint32_t period =
            known_[topic_].place({columns.frequency(s), columns.ordinals[cell]}, periods_);
        std::string place;
        if (flat()) {
          place = key_of(key) + ":" + std::to_string(period);
        } else if (!timed) {
          open_group(key_of(key) + (key.size() > 2 ? ":" : "") + std::to_string(period), out);
        }
        observation(columns, cell, flat() ? place : std::string(), key, period, out);
      }
    }
  }

  void end_set(std::string& out) override {
    if (any_ && !flat()) out += plan_.observations ? "}}" : "}";
    out += "}}";
  }

  void end(std::string& out) override {
    out += "],";
    if (first()) {
      out += "\"structure\":";
      structure(0, out);
    } else {
      out += "\"structures\":[";
      for (std::size_t i = 0; i < written_.size(); ++i) {
        if (i != 0) out += ',';
        structure(written_[i], out);
      }
      out += ']';
    }
    out += "}}";
  }

 private:
  [[nodiscard]] bool first() const { return format_ == DataFormat::Json1; }
  [[nodiscard]] bool newest() const { return format_ == DataFormat::Json21; }
  [[nodiscard]] bool flat() const { return plan_.view.at == View::At::All; }

  [[nodiscard]] std::string action_of(SetHead::Action action) const {
    if (action == SetHead::Action::Delete) return "Delete";
    return action == SetHead::Action::Information && first() ? "Information" : "Replace";
  }

  // The places of a key's codes, without that of the dimension that stands with the observation.
  std::string key_of(std::span<const std::uint32_t> key) {
    std::string out;
    for (std::size_t d = 0; d + 1 < key.size(); ++d) {
      const std::uint32_t place =
          dimensions_[d].of(key[d], (*texts_.dimensions)[d], known_[topic_].dimensions[d]);
      if (at_ == d) continue;
      if (!out.empty()) out += ':';
      append_number(out, place);
    }
    return out;
  }

  void open_group(std::string key, std::string& out) {
    if (any_ && key == group_) return;
    if (any_) out += plan_.observations ? "}}," : "},";
    out += "\"" + key + (plan_.observations ? "\":{\"observations\":{" : "\":{");
    group_ = std::move(key);
    any_ = true;
    in_group_ = false;
  }

  void observation(const Columns& columns, std::size_t cell, const std::string& place,
                   std::span<const std::uint32_t> key, std::uint32_t period, std::string& out) {
    const bool comma = flat() ? any_ : in_group_;
    any_ = true;
    in_group_ = true;
    out += comma ? ",\"" : "\"";
    if (flat()) {
      out += place;
    } else if (at_) {
      append_number(out, dimensions_[*at_].of(key[*at_], (*texts_.dimensions)[*at_],
                                              known_[topic_].dimensions[*at_]));
    } else {
      append_number(out, period);
    }
    out += "\":[";
    bool opened = false;
    if (plan_.figures || first()) {
      if (plan_.figures && columns.kinds[cell] == Kind::Value && !deletes_) {
        append_figure(out, columns.values[cell]);
      } else {
        out += "null";
      }
      opened = true;
    }
    const auto codes = columns.codes_of(cell);
    const std::vector<bool>& told = plan_.topics[topic_].attributes;
    for (std::size_t a = 0; a < codes.size(); ++a) {
      if (!told[a]) continue;
      if (opened) out += ',';
      opened = true;
      if (codes[a] == 0 || deletes_) {
        out += "null";
      } else {
        append_number(out, attributes_[a].of(codes[a], (*texts_.attributes)[a],
                                             known_[topic_].attributes[a]));
      }
    }
    out += ']';
  }

  // What the figures are of.
  [[nodiscard]] std::string links(const Topic& topic) const {
    const StructureName name = flow_name_of(*topic.flow);
    const std::string& version = topic.flow->wire.version();
    if (topic.provider.empty()) {
      return "\"links\":[{\"rel\":\"dataflow\",\"urn\":" +
             json_quoted(urn_of("datastructure.Dataflow", name, version)) + "}]";
    }
    const StructureName provision{name.agency, name.id + "_" + topic.provider};
    return "\"links\":[{\"rel\":\"provisionagreement\",\"urn\":" +
           json_quoted(
               urn_of("registry.ProvisionAgreement", provision, std::string(provision_version))) +
           "}]";
  }

  void structure(std::size_t t, std::string& out) const {
    const Flow& flow = *plan_.topics[t].flow;
    out += '{';
    if (!first()) {
      out += "\"dataSets\":[" + sets_of(t) + "]," + links(plan_.topics[t]) + ",";
    }
    out += "\"name\":" + json_quoted(names_.flow(flow)) + ",\"dimensions\":{";
    if (!first()) out += "\"dataSet\":[],";
    dimensions_of(t, out);
    out += '}';
    if (!first()) {
      out += ",\"measures\":{\"observation\":[";
      if (plan_.figures && plan_.observations) {
        out += "{\"id\":" + json_quoted(flow.measure) +
               ",\"name\":" + json_quoted(names_.component(flow, flow.measure)) + "}";
      }
      out += "]}";
    }
    out += ",\"attributes\":{\"dataSet\":[],\"series\":[],\"observation\":[";
    bool comma = false;
    for (std::size_t a = 0; plan_.observations && a < flow.attribute_lists.size(); ++a) {
      if (!plan_.topics[t].attributes[a]) continue;
      if (comma) out += ',';
      comma = true;
      attribute_of(t, a, out);
    }
    out += "]}}";
  }

  // The place of a topic among the structures: those without a data set have none.
  std::size_t place_of(std::size_t topic) {
    const auto found = std::find(written_.begin(), written_.end(), topic);
    if (found != written_.end()) return static_cast<std::size_t>(found - written_.begin());
    written_.push_back(topic);
    return written_.size() - 1;
  }

  [[nodiscard]] std::string sets_of(std::size_t topic) const {
    std::string out;
    for (std::size_t i = 0; i < topics_of_sets_.size(); ++i) {
      if (topics_of_sets_[i] != topic) continue;
      if (!out.empty()) out += ',';
      out += std::to_string(i);
    }
    return out;
  }

  void dimensions_of(std::size_t t, std::string& out) const {
    const Flow& flow = *plan_.topics[t].flow;
    const auto at = dimension_at(plan_.view, flow);
    std::string series;
    std::string observation;
    for (std::size_t d = 0; d < flow.dimension_lists.size(); ++d) {
      std::string& to = flat() || at == d ? observation : series;
      if (!to.empty()) to += ',';
      to += "{\"id\":" + json_quoted(flow.structure.dimensions(static_cast<int>(d)).id());
      names_of(flow, flow.structure.dimensions(static_cast<int>(d)).id(), to);
      to += ",\"keyPosition\":" + std::to_string(d);
      values_of(known_[t].dimensions[d].texts, flow.dimension_lists[d].get(), true, to);
      to += '}';
    }
    if (plan_.observations) {
      std::string& to = plan_.view.at == View::At::Dimension ? series : observation;
      if (!to.empty()) to += ',';
      to += "{\"id\":\"" + std::string(time_dimension) + "\"";
      names_of(flow, time_dimension, to);
      to += ",\"keyPosition\":" + std::to_string(flow.dimension_lists.size());
      to += first() ? ",\"role\":\"time\"" : ",\"roles\":[\"TIME_PERIOD\"]";
      values_of(known_[t].periods, nullptr, true, to);
      to += '}';
    }
    out += "\"series\":[" + series + "],\"observation\":[" + observation + "]";
  }

  void attribute_of(std::size_t t, std::size_t a, std::string& out) const {
    const Flow& flow = *plan_.topics[t].flow;
    const std::string& id = flow.structure.attributes(static_cast<int>(a)).id();
    out += "{\"id\":" + json_quoted(id);
    names_of(flow, id, out);
    values_of(known_[t].attributes[a].texts, flow.attribute_lists[a].get(),
              flow.attribute_lists[a] != nullptr, out);
    out += first() ? ",\"relationship\":{\"primaryMeasure\":" + json_quoted(flow.measure) + "}}"
                   : ",\"relationship\":{\"observation\":{}}}";
  }

  void names_of(const Flow& flow, std::string_view id, std::string& out) const {
    out += ",\"name\":" + json_quoted(names_.component(flow, id));
  }

  // Of a list without items 2.x says nothing.
  void values_of(const std::vector<std::string>& texts, const Codelist* list, bool coded,
                 std::string& out) const {
    if (!first() && texts.empty()) return;
    out += ",\"values\":[";
    for (std::size_t i = 0; i < texts.size(); ++i) {
      if (i != 0) out += ',';
      const std::string text = json_quoted(texts[i]);
      if (!coded) {
        out += first() ? "{\"name\":" + text + "}" : "{\"value\":" + text + "}";
        continue;
      }
      const std::string name = names_.code(list, texts[i]);
      out += "{\"id\":" + text + ",\"name\":" + (name.empty() ? text : json_quoted(name)) + "}";
    }
    out += ']';
  }

  const Plan plan_;
  const DataFormat format_;
  const Names names_;
  PeriodTexts periods_;
  std::vector<Known> known_;
  std::vector<std::size_t> topics_of_sets_;
  std::vector<std::size_t> written_;
  // The data set under way.
  std::size_t topic_ = 0;
  Texts texts_;
  std::vector<Places> dimensions_;
  std::vector<Places> attributes_;
  std::optional<std::size_t> at_;
  bool deletes_ = false;
  std::string group_;
  bool any_ = false;
  bool in_group_ = false;
};

}  // namespace

std::unique_ptr<DataWriter> make_json_writer(Plan plan) {
  return std::make_unique<JsonWriter>(std::move(plan));
}

}  // namespace entente::statistics
