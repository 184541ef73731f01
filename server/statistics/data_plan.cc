#include "server/statistics/data_plan.h"

#include <algorithm>
#include <set>

#include "proto/contract/bytes.h"
#include "proto/contract/limits.h"
#include "server/statistics/rest_words.h"
#include "server/statistics/structure/names.h"

namespace entente::statistics {
namespace {

std::string ticked(std::string_view text) { return "`" + std::string(text.substr(0, 64)) + "`"; }

template <typename List>
bool has(const List& list, std::string_view text) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

// --- which dataflows ----------------------------------------------------------------------------

struct Found {
  std::shared_ptr<const Flow> flow;
  std::vector<std::string> providers;  // with a provision as context, of these; else empty
};

// Of `ASYLUM_SWE` those parties that provide to `ASYLUM`, as far as the subject may see that.
std::vector<std::string> providers_of(const Asking& asking, const Flow& flow, std::string_view id) {
  const std::vector<std::string>& asked = asking.request.about.ids;
  std::vector<std::string> out;
  for (const auto& [party, provision] : flow.provisions) {
    if (!may_see(asking.subject, flow, provision, asking.now)) continue;
    if (asked.empty() || has(asked, std::string(id) + "_" + party)) out.push_back(party);
  }
  return out;
}

std::optional<Found> found_in(const std::shared_ptr<const Flow>& flow, const Asking& asking) {
  const About& about = asking.request.about;
  const bool by_structure = about.context == About::Context::DataStructure;
  const auto name = by_structure ? parse_structure_name(flow->structure.name(), "data-structures")
                                 : parse_structure_name(flow->wire.name(), "dataflows");
  if (!name) return std::nullopt;
  if (!about.agencies.empty() && !has(about.agencies, name->agency)) return std::nullopt;
  const std::string& version = by_structure ? flow->structure.version() : flow->wire.version();
  if (!is_version_asked(about.versions, version)) return std::nullopt;
  Found found{.flow = flow, .providers = {}};
  if (about.context == About::Context::Provision) {
    found.providers = providers_of(asking, *flow, name->id);
    if (found.providers.empty()) return std::nullopt;
    return found;
  }
  if (!about.ids.empty() && !has(about.ids, name->id)) return std::nullopt;
  return found;
}

// Those that the subject may read, by name.
Result<std::vector<Found>> find_flows(Service& service, const Model& model, const Asking& asking) {
  const About& about = asking.request.about;
  std::vector<Found> out;
  const auto take = [&](const std::string& name, const std::shared_ptr<const Flow>& flow) {
    auto found = found_in(flow, asking);
    if (found && service.open_flow(asking.subject, name).ok()) out.push_back(*std::move(found));
  };
  const bool plain = about.context == About::Context::Dataflow && about.agencies.size() == 1 &&
                     about.ids.size() == 1;
  if (plain) {
    const std::string name = structure_name("dataflows", about.agencies[0], about.ids[0]);
    if (const auto flow = model.find_flow(name)) take(name, flow);
    return out;
  }
  for (const auto& [name, flow] : model.flows()) take(name, flow);
  if (out.size() > limits::answer_flows_max) {
    return Status(Code::ResourceExhausted, Reason::LimitReached,
                  "this asks for " + std::to_string(out.size()) + " dataflows; name at most " +
                      std::to_string(limits::answer_flows_max));
  }
  return out;
}

// --- what of each -------------------------------------------------------------------------------

// Sorted, each once.
void tidy(std::vector<std::string>& codes) {
  std::sort(codes.begin(), codes.end());
  codes.erase(std::unique(codes.begin(), codes.end()), codes.end());
}

void narrow(std::optional<std::vector<std::string>>& codes, std::vector<std::string> to) {
  tidy(to);
  if (!codes) {
    codes = std::move(to);
    return;
  }
  std::vector<std::string> both;
  std::set_intersection(codes->begin(), codes->end(), to.begin(), to.end(),
                        std::back_inserter(both));
  codes = std::move(both);
}

// Which of the codes that stand in figures fit.
std::vector<std::string> fitting_codes(const Sight& sight, std::size_t dimension,
                                       const AnyOf& any_of) {
  std::set<std::string_view> codes;
  for (const SeenLayer& seen : sight.all) {
    const CodeLists::List some = seen.layer.part->dimensions[dimension];
    codes.insert(some.begin(), some.end());
  }
  std::vector<std::string> out;
  for (const std::string_view code : codes) {
    if (fits(any_of, code)) out.emplace_back(code);
  }
  return out;
}

Result<CodeSelection> selection_of(const KeyPattern& key, const Flow& flow, bool whole) {
  const std::size_t width = flow.dimension_lists.size();
  if (key.size() > width || (whole && key.size() != width)) {
    return bad_request("the key has " + std::to_string(key.size()) + " parts instead of " +
                       std::to_string(width));
  }
  CodeSelection out(width);
  for (std::size_t d = 0; d < key.size(); ++d) {
    if (key[d].empty()) continue;
    out[d] = key[d];
    tidy(*out[d]);
  }
  return out;
}

// What the index can choose by, and what must be looked at one by one.
struct Choice {
  Reading reading;
  CellTest test;
};

Status take_keys(const DataRequest& request, const Flow& flow, Choice& choice) {
  std::vector<CodeSelection> keys;
  for (const KeyPattern& key : request.keys) {
    ENTENTE_TRY(keys.emplace_back(), selection_of(key, flow, request.is_old));
  }
  choice.reading.codes.assign(flow.dimension_lists.size(), std::nullopt);
  if (keys.empty()) return {};
  for (std::size_t d = 0; d < flow.dimension_lists.size(); ++d) {
    std::vector<std::string> all;
    const bool named = std::all_of(keys.begin(), keys.end(), [&](const CodeSelection& key) {
      if (key[d]) all.insert(all.end(), key[d]->begin(), key[d]->end());
      return key[d].has_value();
    });
    if (named) narrow(choice.reading.codes[d], std::move(all));
  }
  if (keys.size() > 1) choice.test.keys = std::move(keys);
  return {};
}

// Whether the component's values are compared one by one, with few enough.
Status check_count(const Condition& condition) {
  if (condition.any_of.size() <= limits::query_comparisons_max) return {};
  return bad_request("`c[" + condition.component + "]` names too many values");
}

// False: the dataflow has no such component.
Result<bool> take_condition(const Condition& condition, const Flow& flow, const Sight& sight,
                            Choice& choice) {
  if (const auto dimension = flow.find_dimension(condition.component)) {
    auto plain = plain_values(condition.any_of);
    narrow(choice.reading.codes[*dimension],
           plain ? *std::move(plain) : fitting_codes(sight, *dimension, condition.any_of));
    return true;
  }
  ENTENTE_TRY_VOID(check_count(condition));
  if (condition.component == time_dimension) {
    const DayRange days = days_of(condition.any_of);
    choice.reading.days.first = std::max(choice.reading.days.first, days.first);
    choice.reading.days.last = std::min(choice.reading.days.last, days.last);
    if (!is_day_range(condition.any_of)) choice.test.period = condition.any_of;
    return true;
  }
  if (condition.component == flow.measure) {
    choice.test.figure = condition.any_of;
    return true;
  }
  const auto attribute = flow.find_attribute(condition.component);
  if (!attribute) return false;
  choice.test.attributes.resize(flow.attribute_lists.size());
  choice.test.attributes[*attribute] = condition.any_of;
  return true;
}

// Of each series the first or last: of what fits.
void take_counts(const DataRequest& request, Choice& choice) {
  const bool by_cell = choice.test.asks_of_cells();
  (by_cell ? choice.test.first : choice.reading.first) = request.first;
  (by_cell ? choice.test.last : choice.reading.last) = request.last;
}

// --- in which data sets -------------------------------------------------------------------------

// Makes the data sets of one topic. Those of a history are planned one by one while they are sent,
// by what is kept here.
class SetMaker : public std::enable_shared_from_this<SetMaker> {
 public:
  SetMaker(const DataRequest& request, std::size_t topic, SightPointer sight, Choice choice)
      : topic_(topic),
        is_history_(request.history),
        is_update_(request.updated_after.has_value()),
        sight_(std::move(sight)),
        choice_(std::move(choice)),
        taking_(choice_) {
    taking_.reading.history = true;
    taking_.test.taken_away = true;
    take_counts(request, choice_);
    take_counts(request, taking_);
  }

  void make(std::vector<SetToCome>& out) const {
    if (is_history_) return make_history(out);
    out.push_back({.plan = [self = shared_from_this()] { return self->given(); }});
    if (!is_update_) return;
    const bool takes_away = std::any_of(
        sight_->all.begin(), sight_->all.end(),
        [](const SeenLayer& one) { return one.layer.fresh && one.layer.part->gone != 0; });
    if (!takes_away) return;
    out.push_back(
        {.plan = [self = shared_from_this()] { return self->taken_away(self->sight_->layers); }});
  }

 private:
  // The layers of one upload: places among all that are seen.
  struct OneUpload {
    std::size_t from = 0;
    std::size_t end = 0;
  };

  [[nodiscard]] SetPlan given() const {
    SetPlan set{.head = {.topic = topic_, .action = {}, .valid_from = {}, .valid_to = {}},
                .layers = sight_->layers,
                .reading = choice_.reading,
                .test = choice_.test};
    set.reading.fresh_only = is_update_;
    if (is_update_) set.head.action = SetHead::Action::Replace;
    return set;
  }

  [[nodiscard]] SetPlan taken_away(LayersPointer layers) const {
    return {.head = {.topic = topic_,
                     .action = SetHead::Action::Delete,
                     .valid_from = {},
                     .valid_to = {}},
            .layers = std::move(layers),
            .reading = taking_.reading,
            .test = taking_.test};
  }

  [[nodiscard]] SetPlan brought_by(OneUpload upload) const {
    SetPlan set = given();
    set.layers = make_layers(layers_from(upload.from, upload));
    set.reading.fresh_only = true;
    set.head.action = SetHead::Action::Replace;
    set.head.valid_from = seen_from(upload);
    return set;
  }

  [[nodiscard]] SetPlan taken_away_by(OneUpload upload) const {
    SetPlan set = taken_away(make_layers(layers_from(0, upload)));
    set.head.valid_to = seen_from(upload);
    return set;
  }

  // The layers up to the upload's, which are fresh; and those that are newer and stood over it from
  // its first moment on: of what they have it showed nothing.
  [[nodiscard]] std::vector<Layer> layers_from(std::size_t first, OneUpload upload) const {
    const auto& all = sight_->all;
    const auto& over = sight_->stood_over;
    const std::size_t end = over[upload.from] || over[upload.end - 1] ? all.size() : upload.end;
    std::vector<Layer> out;
    for (std::size_t i = first; i < end; ++i) {
      if (i >= upload.end && all[i].appeared > seen_from(upload)) continue;
      out.push_back(all[i].layer);
      out.back().fresh = i >= upload.from && i < upload.end;
    }
    return out;
  }

  // Each upload, the oldest first: what it brought, and what it took away.
  void make_history(std::vector<SetToCome>& out) const {
    const auto& all = sight_->all;
    for (OneUpload upload; upload.from < all.size(); upload.from = upload.end) {
      bool fresh = false;
      std::uint64_t gone = 0;
      std::uint64_t given = 0;
      while (upload.end < all.size() &&
             all[upload.end].layer.version == all[upload.from].layer.version) {
        const Layer& layer = all[upload.end++].layer;
        fresh = fresh || layer.fresh;
        gone += layer.part->gone;
        given += layer.part->observations - layer.part->gone;
      }
      if (!fresh) continue;
      out.push_back(
          {.plan = [self = shared_from_this(), upload] { return self->brought_by(upload); },
           .at_most = given});
      if (gone == 0) continue;
      out.push_back(
          {.plan = [self = shared_from_this(), upload] { return self->taken_away_by(upload); },
           .at_most = gone});
    }
  }

  // By this subject: what is under an embargo, its own party and the secretariat see at once.
  [[nodiscard]] Instant seen_from(OneUpload upload) const {
    return sight_->all[upload.from].appeared;
  }

  const std::size_t topic_;
  const bool is_history_;
  const bool is_update_;
  const SightPointer sight_;
  Choice choice_;
  Choice taking_;  // of what is taken away
};

// --- how it is told -----------------------------------------------------------------------------

// Which attributes are told: SDMX's words and ids. All of ours stand with the observation.
Result<std::vector<bool>> told_attributes(const DataRequest& request, const Flow& flow) {
  std::vector<bool> told(flow.attribute_lists.size(), request.detail == Detail::Full);
  if (!request.attributes) return told;
  told.assign(told.size(), false);
  for (const std::string& one : *request.attributes) {
    if (one == "none" || one == "msd" || one == "dataset" || one == "series") continue;
    if (one == "all" || one == "dsd" || one == "obs") {
      told.assign(told.size(), true);
    } else if (const auto attribute = flow.find_attribute(one)) {
      told[*attribute] = true;
    } else {
      return bad_request(ticked(one) + " is no attribute of " + flow.wire.name());
    }
  }
  return told;
}

Result<bool> tells_figures(const DataRequest& request, const Flow& flow) {
  if (!request.measures) return true;
  bool told = false;
  for (const std::string& one : *request.measures) {
    if (one == "none") continue;
    if (one != "all" && one != flow.measure) {
      return bad_request(ticked(one) + " is no measure of " + flow.wire.name());
    }
    told = true;
  }
  return told;
}

Result<View> view_of(const DataRequest& request, const Flow& flow) {
  View view;
  if (request.at_observation.empty() || request.at_observation == time_dimension) return view;
  if (request.at_observation == "AllDimensions") {
    view.at = View::At::All;
    return view;
  }
  if (!flow.find_dimension(request.at_observation)) {
    return bad_request(ticked(request.at_observation) + " is no dimension of " + flow.wire.name());
  }
  view.at = View::At::Dimension;
  view.dimension = request.at_observation;
  return view;
}

// --- in which order -----------------------------------------------------------------------------

void add_key(const View& view, const Flow& flow, bool descends, std::vector<OrderTerm>& out) {
  const auto at = view.at == View::At::Dimension ? flow.find_dimension(view.dimension)
                                                 : std::optional<std::size_t>();
  for (std::size_t d = 0; d < flow.dimension_lists.size(); ++d) {
    if (at != d) out.push_back({OrderTerm::By::Dimension, d, descends});
  }
  if (view.at != View::At::Time) out.push_back({OrderTerm::By::Time, 0, descends});
}

Result<std::vector<OrderTerm>> order_of(const DataRequest& request, const View& view,
                                        const Flow& flow) {
  std::vector<OrderTerm> out;
  if (request.sort.empty() && view.at == View::At::Dimension) {
    add_key(view, flow, false, out);
    out.push_back({OrderTerm::By::Dimension, *flow.find_dimension(view.dimension), false});
  }
  for (const SortTerm& term : request.sort) {
    if (term.by == "series_key" && view.at != View::At::All) {
      add_key(view, flow, term.descends, out);
    } else if (term.by == "*" || term.by == "series_key") {
      for (std::size_t d = 0; d < flow.dimension_lists.size(); ++d) {
        out.push_back({OrderTerm::By::Dimension, d, term.descends});
      }
      out.push_back({OrderTerm::By::Time, 0, term.descends});
    } else if (const auto dimension = flow.find_dimension(term.by)) {
      out.push_back({OrderTerm::By::Dimension, *dimension, term.descends});
    } else if (const auto attribute = flow.find_attribute(term.by)) {
      out.push_back({OrderTerm::By::Attribute, *attribute, term.descends});
    } else if (term.by == time_dimension) {
      out.push_back({OrderTerm::By::Time, 0, term.descends});
    } else if (term.by == flow.measure) {
      out.push_back({OrderTerm::By::Figure, 0, term.descends});
    } else {
      return bad_request("`sort` names " + ticked(term.by) + ", no component of " +
                         flow.wire.name());
    }
  }
  return out;
}

// Whether what comes in the order of keys and periods is in this order already.
bool is_natural(const std::vector<OrderTerm>& order, const View& view, const Flow& flow) {
  if (view.at == View::At::Dimension) return false;
  for (std::size_t i = 0; i < order.size(); ++i) {
    if (order[i].descends || order[i].by == OrderTerm::By::Figure ||
        order[i].by == OrderTerm::By::Attribute) {
      return false;
    }
    if (order[i].by == OrderTerm::By::Time) return i == flow.dimension_lists.size();
    if (order[i].index != i) return false;
  }
  return true;
}

// --- all of it ----------------------------------------------------------------------------------

void add_mark(const Model& model, const Flow& flow, const Sight& sight, std::string& mark) {
  const auto add = [&](const std::string& name) {
    if (const record::Structure* row = model.find(name)) {
      mark += name + "@" + std::to_string(row->revision()) + ";";
    }
  };
  add(flow.wire.name());
  add(flow.structure.name());
  add(flow.structure.concept_scheme());
  for (const auto& one : flow.structure.dimensions()) add(one.codelist());
  for (const auto& one : flow.structure.attributes()) add(one.codelist());
  for (const SeenLayer& seen : sight.all) {
    mark += seen.layer.part->id.view();
    mark += seen.layer.open ? seen.layer.open->mark() + ";" : ";";
  }
}

// Who gave figures, as far as that may be told: of a reciprocal dataflow, in which others may have
// given what is not open yet, all who provide.
Result<std::set<std::string>> sources_of(Service& service, const Asking& asking, const Flow& flow,
                                         const SightPointer& sight) {
  ENTENTE_TRY(std::set<std::string> parties, service.givers(flow, sight));
  if (!flow.wire.has_reciprocity()) return parties;
  for (const auto& [party, provision] : flow.provisions) {
    const auto& asked = asking.request.providers;
    if (may_see(asking.subject, flow, provision, asking.now) &&
        (asked.empty() || has(asked, party))) {
      parties.insert(party);
    }
  }
  return parties;
}

// What a workbook's first sheet says: what this is, who gave it, what qualifies it.
void add_front(const Asking& asking, const Flow& flow, const std::set<std::string>& parties,
               std::vector<std::pair<std::string, std::string>>& front) {
  const std::vector<std::string>& languages = asking.languages;
  const auto name = parse_structure_name(flow.wire.name(), "dataflows");
  const std::string id = name->agency + ":" + name->id + "(" + flow.wire.version() + ")";
  front.emplace_back("Dataflow", best_text(flow.wire.title(), languages, id) + " - " + id);
  std::string source = flow.wire.process() + ", as reported by";
  for (const std::string& party : parties) source += " " + party;
  front.emplace_back("Source", source);
  for (const auto& [party, provision] : flow.provisions) {
    if (parties.count(party) == 0) continue;
    for (const v1::Note& note : provision.wire.notes()) {
      front.emplace_back("Note, " + party,
                         note.concept_id() + ": " + best_text(note.text(), languages, ""));
    }
  }
}

class Planner {
 public:
  Planner(Service& service, std::shared_ptr<const Model> model, const Asking& asking)
      : service_(service), model_(std::move(model)), asking_(asking), request_(asking.request) {}

  Result<DataPlan> make() {
    ENTENTE_TRY(const std::vector<Found> flows, find_flows(service_, *model_, asking_));
    plan_.writing.form = asking_.form;
    plan_.writing.languages = asking_.languages;
    plan_.writing.model = model_;
    plan_.writing.changes = request_.history || request_.updated_after.has_value();
    plan_.window = {.skipped = request_.offset, .limit = request_.limit.value_or(UINT64_MAX)};
    for (const Found& found : flows) ENTENTE_TRY_VOID(add(found));
    if (!flows.empty() && plan_.writing.topics.empty() && !unknown_.empty()) {
      return bad_request("there is no component " + ticked(unknown_));
    }
    ENTENTE_TRY_VOID(check_format());
    return std::move(plan_);
  }

 private:
  Status add(const Found& found) {
    if (found.providers.empty()) return add_topic(*found.flow, found.flow, "");
    for (const std::string& provider : found.providers) {
      ENTENTE_TRY_VOID(add_topic(*found.flow, found.flow, provider));
    }
    return {};
  }

  Status add_topic(const Flow& flow, const std::shared_ptr<const Flow>& shared,
                   const std::string& provider) {
    SightPointer sight =
        service_.sight(asking_.subject, flow, request_.as_of, request_.updated_after);
    if (!provider.empty() || !request_.providers.empty()) {
      sight = only(sight, [&](const SeenLayer& seen) {
        const std::string& party = seen.kept->row.party();
        return (provider.empty() || party == provider) &&
               (request_.providers.empty() || has(request_.providers, party));
      });
    }
    Choice choice;
    ENTENTE_TRY_VOID(take_keys(request_, flow, choice));
    choice.reading.days = request_.days;
    for (const Condition& condition : request_.conditions) {
      ENTENTE_TRY(const bool known, take_condition(condition, flow, *sight, choice));
      if (known) continue;
      unknown_ = condition.component;
      return {};
    }
    Topic topic{.flow = shared, .provider = provider, .attributes = {}};
    ENTENTE_TRY_VOID(tell(flow, topic));
    if (request_.as_of) add_mark(*model_, flow, *sight, plan_.mark);
    if (asking_.form.format == DataFormat::Workbook) {
      std::set<std::string> parties{provider};
      if (provider.empty()) {
        ENTENTE_TRY(parties, sources_of(service_, asking_, flow, sight));
      }
      add_front(asking_, flow, parties, plan_.writing.front);
    }
    std::make_shared<const SetMaker>(request_, plan_.writing.topics.size(), std::move(sight),
                                     std::move(choice))
        ->make(plan_.sets);
    plan_.writing.topics.push_back(std::move(topic));
    return {};
  }

  // What of each observation is told, and in which shape: the same for all topics.
  Status tell(const Flow& flow, Topic& topic) {
    ENTENTE_TRY(topic.attributes, told_attributes(request_, flow));
    ENTENTE_TRY(plan_.writing.figures, tells_figures(request_, flow));
    const auto& told = topic.attributes;
    const bool nothing =
        !plan_.writing.figures && std::find(told.begin(), told.end(), true) == told.end();
    plan_.keys_only =
        request_.detail == Detail::SeriesKeysOnly || request_.detail == Detail::NoData || nothing;
    plan_.writing.observations = !plan_.keys_only;
    ENTENTE_TRY(plan_.writing.view, view_of(request_, flow));
    if (plan_.keys_only) plan_.writing.view = View();
    ENTENTE_TRY(std::vector<OrderTerm> order, order_of(request_, plan_.writing.view, flow));
    plan_.is_sorted = plan_.is_sorted || !is_natural(order, plan_.writing.view, flow);
    plan_.order.push_back(std::move(order));
    return {};
  }

  [[nodiscard]] Status check_format() const {
    const DataFormat format = asking_.form.format;
    if (format == DataFormat::Json1 && plan_.writing.topics.size() > 1) {
      return bad_request("SDMX-JSON 1.0 has one structure, and this is of " +
                         std::to_string(plan_.writing.topics.size()) + ": name one");
    }
    const bool timed =
        format == DataFormat::GenericTimeXml || format == DataFormat::StructuredTimeXml;
    if (timed && plan_.writing.view.at != View::At::Time) {
      return bad_request("a message of time series has TIME_PERIOD at its observations");
    }
    return {};
  }

  Service& service_;
  const std::shared_ptr<const Model> model_;
  const Asking& asking_;
  const DataRequest& request_;
  DataPlan plan_;
  std::string unknown_;
};

}  // namespace

Result<DataPlan> plan_data(Service& service, std::shared_ptr<const Model> model,
                           const Asking& asking) {
  return Planner(service, std::move(model), asking).make();
}

}  // namespace entente::statistics
