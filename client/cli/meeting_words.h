// What the verbs of meetings share: names, options and how a meeting is shown. One thread.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "client/cli/document_words.h"
#include "entente/v1/meetings.pb.h"

namespace entente::cli {

[[nodiscard]] std::string meeting_name(const std::string& given);
// `parties/SWE` of `SWE`, `persons/<id>` of what has a point or names one.
[[nodiscard]] std::string someone(const std::string& given);

void show_meeting(const v1::Meeting& meeting);
// `2027-03-14 09:30 to 2027-03-15 13:00, Europe/Zurich`
[[nodiscard]] std::string times_of(const v1::Meeting& meeting);

// Fetches a meeting, lets `change` change it, and sends it back at the revision that it had;
// `change` answers false, with an error said, to leave it.
void change_meeting(Context& context, const std::string& given,
                    const std::function<bool(v1::Meeting&)>& change);

// Verbs of the group `entente meeting` that stand in files of their own.
void add_agenda_verbs(CLI::App& group, Context& context);
void add_attendance_verbs(CLI::App& group, Context& context);
void add_record_verbs(CLI::App& group, Context& context);

}  // namespace entente::cli
