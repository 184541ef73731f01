// Compiled by CTest once for each CASE, for its syntax only: 0 must compile, the others must not,
// and for the reason given in CMakeLists.txt. What is tried is what a handler in a hurry would
// write.
#include <string>

#include "server/policy/guarded.h"

namespace entente::policy {

struct Document {
  std::string title;
};

inline std::string to_wire(const Opened<Document>& document) { return document->title; }

inline std::string handler(const Guarded<Document>& document, const Subject& subject, Instant now) {
#if CASE == 0
  const Decision decision = decide(subject, Action::Read, document.guard(), now);
  return decision.permits() ? to_wire(document.open(decision)) : "not found";
#elif CASE == 1  // without a decision
  return to_wire(document);
#elif CASE == 2  // past the guard
  return document.object_.title;
#elif CASE == 3  // by making the view oneself
  return to_wire(Opened<Document>(Document{}, Action::Read));
#elif CASE == 4  // by making the decision oneself
  Decision decision;
  decision.effect_ = Effect::Permit;
  return to_wire(document.open(decision));
#elif CASE == 5  // by naming the effect
  return to_wire(document.open(Decision{Effect::Permit}));
#elif CASE == 6  // keeping a view of what is gone
  return to_wire(Guarded<Document>(document).open(decide(subject, Action::Read, {}, now)));
#elif CASE == 7  // by a decision that nobody looks at
  decide(subject, Action::Read, document.guard(), now);
  return "";
#elif CASE == 8  // on the subject's word
  return to_wire(document.open(subject.sight.sees(document.guard().audience)));
#endif
}

}  // namespace entente::policy
