// What the verbs of `entente stats` share: names, times and selections as people type them. One
// thread.
#pragma once

#include <google/protobuf/message.h>

#include <string>
#include <vector>

#include "client/cli/context.h"
#include "entente/v1/mapping.pb.h"
#include "entente/v1/statistics.pb.h"

namespace entente::cli {

// `IGC.ASYLUM` as well as `dataflows/IGC.ASYLUM`; likewise of `processes/` and `parties/`.
[[nodiscard]] std::string flow_name(const std::string& given);
[[nodiscard]] std::string full_name(const std::string& collection, const std::string& given);

// In English, or in the first language that there is.
[[nodiscard]] std::string title_of(const v1::Text& text);

[[nodiscard]] std::string day_of(const google::protobuf::Timestamp& time);

// Reads a day or a time into `out`, if anything is given; false, with an error said, if it is none.
// A day is its beginning in UTC, for something begins or ends as the day does.
[[nodiscard]] bool read_time(Context& context, const std::string& given, const char* option,
                             google::protobuf::Timestamp& out);
// The same of a time until which something may be done: a day is its end in UTC, for who is told
// that day has all of it.
[[nodiscard]] bool read_deadline(Context& context, const std::string& given, const char* option,
                                 google::protobuf::Timestamp& out);

// `CITIZEN=SYR,AFG` each; false, with an error said, if one is not of that form.
[[nodiscard]] bool read_selections(Context& context, const std::vector<std::string>& given,
                                   google::protobuf::RepeatedPtrField<v1::Selection>& out);

// Says that there are no figures; and which of the codes asked for stand in no list of their
// dimension, which may be why.
void say_no_figures(Context& context, const std::string& dataflow,
                    const google::protobuf::RepeatedPtrField<v1::Selection>& selections);

// The verbs of history_verbs.cc.
void add_history_verbs(CLI::App& group, Context& context);
// And of exemption_verbs.cc.
void add_exemption_verbs(CLI::App& stats, Context& context);

// A mapping as a file has it: protobuf text format, or JSON. False, with an error said, if it is
// none.
[[nodiscard]] bool read_mapping(Context& context, const std::string& path, v1::Mapping& out);
// `monthly` as well as `dataflows/IGC.ASYLUM/mappings/SWE.monthly`, of the account's own party.
// Empty, with an error said: nobody is signed in.
[[nodiscard]] std::string mapping_name(Context& context, const std::string& dataflow,
                                       const std::string& given);

// Verbs of `entente stats`, each group in a source of its own.
void add_upload_verbs(CLI::App& group, Context& context);
void add_mapping_verbs(CLI::App& group, Context& context);
void add_prove_verb(CLI::App& group, Context& context);

}  // namespace entente::cli
