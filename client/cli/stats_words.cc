#include "client/cli/stats_words.h"

#include <algorithm>
#include <iostream>

#include "proto/contract/timestamp.h"

namespace entente::cli {

std::string full_name(const std::string& collection, const std::string& given) {
  return given.empty() || given.starts_with(collection) ? given : collection + given;
}

std::string flow_name(const std::string& given) { return full_name("dataflows/", given); }

std::string title_of(const v1::Text& text) {
  const auto& titles = text.by_language();
  const auto english = titles.find("en");
  if (english != titles.end()) return english->second;
  return titles.empty() ? "" : titles.begin()->second;
}

std::string day_of(const google::protobuf::Timestamp& time) {
  return to_rfc3339(Instant(std::chrono::seconds(time.seconds()))).substr(0, 10);
}

bool read_time(Context& context, const std::string& given, const char* option,
               google::protobuf::Timestamp& out) {
  const auto instant = parse_rfc3339(given);
  if (!instant) {
    context.fail(
        invalid_argument(option, "must be a day or a time such as `2026-11-23T12:00:00Z`"));
    return false;
  }
  set_second(out, *instant);
  return true;
}

bool read_deadline(Context& context, const std::string& given, const char* option,
                   google::protobuf::Timestamp& out) {
  if (!read_time(context, given, option, out)) return false;
  const bool is_day = given.find(':') == std::string::npos;
  if (is_day) out.set_seconds(out.seconds() + std::chrono::seconds(std::chrono::days(1)).count());
  return true;
}

bool read_selections(Context& context, const std::vector<std::string>& given,
                     google::protobuf::RepeatedPtrField<v1::Selection>& out) {
  for (const std::string& one : given) {
    const std::size_t equals = one.find('=');
    if (equals == std::string::npos || equals == 0) {
      context.fail(invalid_argument("--where", "must be like `CITIZEN=SYR,AFG`"));
      return false;
    }
    v1::Selection* selection = out.Add();
    selection->set_dimension(one.substr(0, equals));
    for (std::size_t at = equals + 1; at <= one.size();) {
      const std::size_t comma = std::min(one.find(',', at), one.size());
      selection->add_values(one.substr(at, comma - at));
      at = comma + 1;
    }
  }
  return true;
}

void say_no_figures(Context& context, const std::string& dataflow,
                    const google::protobuf::RepeatedPtrField<v1::Selection>& selections) {
  std::cout << "no figures\n";
  context.exit = Exit::No;
  if (selections.empty()) return;
  const Result<client::Client*> client = context.client();
  if (!client.ok()) return;
  v1::GetStructureRequest request;
  request.set_name(dataflow);
  request.set_with_references(true);
  const auto set =
      (*client)->call<v1::StructureSet>("entente.v1.StatisticsService.GetStructure", request);
  if (!set.ok() || set->data_structures_size() != 1) return;
  for (const v1::Selection& one : selections) {
    for (const v1::Dimension& dimension : set->data_structures(0).dimensions()) {
      if (dimension.id() != one.dimension()) continue;
      for (const v1::Codelist& list : set->codelists()) {
        if (list.name() != dimension.codelist()) continue;
        for (const std::string& code : one.values()) {
          const auto is_it = [&](const auto& item) { return item.id() == code; };
          if (std::any_of(list.items().begin(), list.items().end(), is_it)) continue;
          std::cerr << '`' << safe(code) << "` is no code of " << safe(one.dimension())
                    << "; `entente stats structure " << safe(list.name()) << "` lists them\n";
        }
      }
    }
  }
}

}  // namespace entente::cli
