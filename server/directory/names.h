// Resource names of the directory, taken apart and put together. Pure; any thread.
//   processes/<id>   processes/<id>/participations/<PARTY>   processes/<id>/bodies/<id>
//   parties/<PARTY>  parties/<PARTY>/institutions/<id>       persons/<id>  offices/<id>
//   appointments/<id>  processes/<id>/contactTests/<person>
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace entente::directory {

enum class Kind { Process, Party, Participation, Body, Office, Appointment, Person, ContactTest };

struct Name {
  Kind kind = Kind::Process;
  std::string first;   // the process, party, office, appointment or person
  std::string second;  // the participating party, the body, who is asked
};

// Empty if it is none of the above (institutions are parts of their party's object).
[[nodiscard]] std::optional<Name> parse_name(std::string_view text);
// The id in `collection/<id>`, or empty: id_in("parties/SWE", "parties") is `SWE`.
[[nodiscard]] std::string id_in(std::string_view name, std::string_view collection);

}  // namespace entente::directory
