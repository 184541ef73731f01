#include "server/statistics/data_form.h"

#include <array>

#include "server/statistics/query/negotiation.h"

namespace entente::statistics {
namespace {

struct Offer {
  std::string_view type;
  std::string_view version;  // empty: of any
  DataFormat old_format;
  DataFormat new_format;
};

constexpr std::string_view kJson = "application/vnd.sdmx.data+json";
constexpr std::string_view kWorkbook =
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
constexpr std::string_view kCsv = "application/vnd.sdmx.data+csv";

Offer same(std::string_view type, std::string_view version, DataFormat format) {
  return {type, version, format, format};
}

// The first that fits is taken: of a type without its version, what the interface's own time had.
const std::vector<Offer>& offers(bool is_old) {
  const auto make = [](bool old) {
    const Offer json1 = same(kJson, "1.0.0", DataFormat::Json1);
    const Offer csv1 = same(kCsv, "1.0.0", DataFormat::Csv1);
    std::vector<Offer> out;
    if (old) out = {json1, csv1};
    for (const Offer& one :
         {same(kJson, "2.1.0", DataFormat::Json21), same(kJson, "2.0.0", DataFormat::Json2), json1,
          same(kCsv, "2.1.0", DataFormat::Csv21), same(kCsv, "2.0.0", DataFormat::Csv2), csv1}) {
      out.push_back(one);
    }
    const std::string_view sdmx = "2.1";
    out.push_back(same("application/vnd.sdmx.genericdata+xml", sdmx, DataFormat::GenericXml));
    out.push_back(
        same("application/vnd.sdmx.generictimeseriesdata+xml", sdmx, DataFormat::GenericTimeXml));
    out.push_back(
        same("application/vnd.sdmx.structurespecificdata+xml", sdmx, DataFormat::StructuredXml));
    out.push_back(same("application/vnd.sdmx.structurespecifictimeseriesdata+xml", sdmx,
                       DataFormat::StructuredTimeXml));
    out.push_back(same(kWorkbook, "", DataFormat::Workbook));
    out.push_back({"text/csv", "", DataFormat::Csv1, DataFormat::Csv21});
    out.push_back({"application/json", "", DataFormat::Json1, DataFormat::Json21});
    out.push_back(same("application/xml", "", DataFormat::GenericXml));
    out.push_back(same("text/xml", "", DataFormat::GenericXml));
    for (const std::string_view any : {"*/*", "application/*"}) {
      out.push_back({any, "", DataFormat::GenericXml, DataFormat::Json21});
    }
    out.push_back({"text/*", "", DataFormat::Csv1, DataFormat::Csv21});
    return out;
  };
  static const std::vector<Offer> old_ones = make(true);
  static const std::vector<Offer> new_ones = make(false);
  return is_old ? old_ones : new_ones;
}

bool is_csv(DataFormat format) { return format <= DataFormat::Csv21; }

template <typename Value>
bool take(std::string_view said, std::initializer_list<std::pair<std::string_view, Value>> words,
          Value& out) {
  if (said.empty()) return true;
  for (const auto& [word, value] : words) {
    if (said == word) {
      out = value;
      return true;
    }
  }
  return false;
}

// What SDMX-CSV's media type says beside the version; false: something that there is not.
bool take_options(const MediaRange& range, Form& form) {
  if (!is_csv(form.format)) return true;
  if (!take<Labels>(range.find("labels"),
                    {{"id", Labels::Id}, {"name", Labels::Name}, {"both", Labels::Both}},
                    form.labels) ||
      !take<bool>(range.find("timeformat"), {{"original", false}, {"normalized", true}},
                  form.normalized)) {
    return false;
  }
  // The field guide's own examples write `key`.
  const std::string_view keys = range.find("keys").empty() ? range.find("key") : range.find("keys");
  if (!take<Keys>(keys,
                  {{"none", Keys::None},
                   {"obs", Keys::Observation},
                   {"series", Keys::Series},
                   {"both", Keys::Both}},
                  form.keys)) {
    return false;
  }
  // 1.0 has names beside ids only, and no columns of keys.
  return form.format != DataFormat::Csv1 ||
         (form.labels != Labels::Name && form.keys == Keys::None);
}

}  // namespace

std::optional<Form> choose_form(std::string_view accept, bool is_old) {
  if (accept.empty()) accept = "*/*";
  for (const MediaRange& range : parse_accept(accept)) {
    for (const Offer& offer : offers(is_old)) {
      if (range.type != offer.type) continue;
      if (!offer.version.empty() && !accepts_version(range.find("version"), offer.version))
        continue;
      Form form;
      form.format = is_old ? offer.old_format : offer.new_format;
      if (take_options(range, form)) return form;
    }
  }
  return std::nullopt;
}

}  // namespace entente::statistics
