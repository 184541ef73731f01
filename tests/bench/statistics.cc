// statistics FILE [CORRECTION...]: what it costs to bring, keep and find a cube of observations.
// FILE is SDMX-CSV 1.0 with the columns of the generated cube behind DATAFLOW (docs/statistics.md
// says how it is made). Prints `name value unit` lines; corrections bear their number.
#include <sys/resource.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <set>

#include "server/ledger/tree_ledger.h"
#include "server/statistics/series/fold.h"
#include "server/statistics/series/sum.h"
#include "server/statistics/service.h"
#include "server/store/rocks_store.h"

namespace {

using namespace entente;
using namespace entente::statistics;
using SteadyClock = std::chrono::steady_clock;

double seconds_since(SteadyClock::time_point start) {
  return std::chrono::duration<double>(SteadyClock::now() - start).count();
}

void print(const std::string& name, double value, const char* unit) {
  std::printf("%-44s %14.3f %s\n", name.c_str(), value, unit);
  std::fflush(stdout);
}

double peak_memory_mib() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

[[noreturn]] void give_up(const Status& status) {
  std::cerr << status.message() << " " << status.detail() << '\n';
  for (const auto& violation : status.violations()) std::cerr << violation.rule << '\n';
  std::exit(1);
}

template <typename T>
T must(Result<T> result) {
  if (!result.ok()) give_up(result.status());
  return *std::move(result);
}
void must(const Status& status) {
  if (!status.ok()) give_up(status);
}

class TableOfAudiences final : public Audiences {
 public:
  Result<policy::AudienceId> intern(store::Transaction&,
                                    const policy::Audience& audience) override {
    return table.intern(audience);
  }
  policy::AudienceTable table;
};

const std::vector<std::string> kDimensions = {"FREQ", "REF_AREA", "COUNTERPART_AREA",
                                              "SEX",  "AGE",      "APPLICATION_TYPE"};

v1::StructureSet cube_structures(const std::string& path) {
  std::set<std::string> areas;
  std::ifstream in(path);
  std::string line;
  for (std::getline(in, line); std::getline(in, line);) {
    const std::size_t at = line.find(',', line.find(',') + 1) + 1;
    areas.insert(line.substr(at, line.find(',', at) - at));
  }
  v1::StructureSet set;
  v1::Codelist* list = set.add_codelists();
  list->set_name("codelists/B.AREAS");
  list->set_version("1.0");
  for (const auto& area : areas) list->add_items()->set_id(area);
  v1::ConceptScheme* scheme = set.add_concept_schemes();
  scheme->set_name("concept-schemes/B.CS");
  scheme->set_version("1.0");
  v1::DataStructure* structure = set.add_data_structures();
  structure->set_name("data-structures/B.CUBE");
  structure->set_version("1.0");
  structure->set_concept_scheme(scheme->name());
  for (const std::string& id : kDimensions) {
    scheme->add_concepts()->set_id(id);
    v1::Dimension* one = structure->add_dimensions();
    one->set_id(id);
    one->set_concept_id(id);
    if (id == "FREQ") one->set_role(v1::Dimension::FREQUENCY);
    if (id == "REF_AREA") one->set_role(v1::Dimension::REFERENCE_AREA);
    if (id == "REF_AREA") one->set_codelist(list->name());
  }
  for (const char* id : {"OBS_STATUS", "CONF_STATUS"}) {
    scheme->add_concepts()->set_id(id);
    v1::Attribute* one = structure->add_attributes();
    one->set_id(id);
    one->set_concept_id(id);
    one->set_role(id[0] == 'O' ? v1::Attribute::STATUS : v1::Attribute::CONFIDENTIALITY);
  }
  v1::Dataflow* flow = set.add_dataflows();
  flow->set_name("dataflows/B.CUBE");
  flow->set_version("1.0");
  flow->set_data_structure(structure->name());
  flow->set_process("processes/b");
  flow->mutable_visibility()->mutable_audience()->add_any_of("process/b/members");
  flow->mutable_visibility()->set_handling(v1::HANDLING_LIMITED);
  v1::Provision* provision = set.add_provisions();
  provision->set_name("dataflows/B.CUBE/provisions/P");
  provision->set_party("parties/P");
  for (const auto& area : areas) provision->add_reference_areas(area);
  return set;
}

struct Bench {
  explicit Bench(const std::filesystem::path& dir)
      : store(must(store::RocksStore::open(
            {.dir = dir / "store", .create = true, .block_cache_bytes = 64U << 20, .on_event = {}},
            {.kind = store::RootKey::Kind::Raw,
             .secret = Secret(std::string(store::root_key_bytes, 'k')),
             .stretching = {}},
            entropy))),
        ledger(must(ledger::TreeLedger::open(*store, clock, entropy))),
        structures(*store, audiences),
        shelf(*store),
        uploads({.store = *store, .shelf = shelf, .clock = clock, .entropy = entropy}),
        service({.store = *store,
                 .structures = structures,
                 .shelf = shelf,
                 .uploads = uploads,
                 .cache = cache,
                 .ledger = *ledger,
                 .clock = clock}) {
    store->set_sequencer(*ledger);
    ledger->add_follower(structures);
    ledger->add_follower(shelf);
  }
  SystemClock clock;
  SystemEntropy entropy;
  TableOfAudiences audiences;
  std::unique_ptr<store::RocksStore> store;
  std::unique_ptr<ledger::TreeLedger> ledger;
  Structures structures;
  Shelf shelf;
  Uploads uploads;
  IndexCache cache{64 << 20};
  Folds folds{*store};
  Service service;
};

policy::Subject subject_of(const Bench& bench, bool reports) {
  policy::Subject subject;
  subject.party = reports ? "P" : "Q";
  subject.account = "parties/" + subject.party + "/accounts/program";
  subject.principals = {*policy::Principal::parse("process/b/members"),
                        *policy::Principal::parse("party/" + subject.party)};
  subject.sight = policy::Sight(subject.principals, bench.audiences.table);
  return subject;
}

void ingest(Bench& bench, const std::string& path, const std::string& id) {
  const policy::Subject subject = subject_of(bench, true);
  const auto start = SteadyClock::now();
  v1::BeginUploadRequest begin;
  begin.set_upload_id(id);
  begin.set_dataflow("dataflows/B.CUBE");
  begin.set_action(v1::REPLACE);
  begin.set_format(v1::SDMX_CSV);
  const auto snapshot = bench.store->snapshot();
  must(bench.service.begin_upload(subject, begin, *snapshot).status());
  std::ifstream in(path, std::ios::binary);
  v1::SendPieceRequest piece;
  piece.set_upload_id(id);
  std::string buffer(1 << 20, '\0');
  std::uint64_t offset = 0;
  while (in.read(buffer.data(), static_cast<std::streamsize>(buffer.size())) || in.gcount() > 0) {
    piece.set_offset(offset);
    piece.set_content(buffer.data(), static_cast<std::size_t>(in.gcount()));
    offset += static_cast<std::uint64_t>(in.gcount());
    must(bench.service.send_piece(subject, piece, *snapshot).status());
  }
  const double read = seconds_since(start);
  v1::CheckUploadRequest check;
  check.set_upload_id(id);
  const auto report = must(bench.service.check_upload(subject, check, *snapshot));
  if (!report.accepted()) {
    std::cerr << report.problems(0).text() << '\n';
    std::exit(1);
  }
  v1::FinishUploadRequest finish;
  finish.set_upload_id(id);
  finish.set_sha256(report.sha256());
  const auto transaction = bench.store->begin();
  const auto kept = must(bench.service.finish_upload(subject, finish, *transaction));
  must(transaction->commit().status());
  bench.service.finished(kept.name());
  const double all = seconds_since(start);
  const auto rows = static_cast<double>(report.rows());
  print(id + ".rows", rows, "rows");
  print(id + ".series", static_cast<double>(report.series()), "series");
  print(id + ".ingest", rows / all, "rows/s");
  print(id + ".ingest.read_and_sorted", rows / read, "rows/s");
  print(id + ".bytes_per_observation", static_cast<double>(report.kept_bytes()) / rows, "bytes");
}

struct Slice {
  const char* name;
  std::vector<std::pair<const char*, std::vector<const char*>>> where;
  const char* from;
  const char* to;
};

void query(Bench& bench, const Slice& slice, const std::string& prefix = "") {
  const auto subject = std::make_shared<const policy::Subject>(subject_of(bench, false));
  v1::QueryRequest request;
  request.set_dataflow("dataflows/B.CUBE");
  for (const auto& [dimension, values] : slice.where) {
    auto* selection = request.add_selections();
    selection->set_dimension(dimension);
    for (const char* value : values) selection->add_values(value);
  }
  request.set_start_period(slice.from);
  request.set_end_period(slice.to);
  std::vector<double> times;
  std::size_t rows = 0;
  const auto start = SteadyClock::now();
  while (times.size() < 5 || (seconds_since(start) < 1.5 && times.size() < 2'000)) {
    const auto one = SteadyClock::now();
    auto source = must(bench.service.query(
        [&]() -> Result<identity::SubjectPointer> { return subject; }, request));
    v1::Observations out;
    rows = 0;
    while (must(source->next(out)) == net::Source::Next::Message) {
      rows += static_cast<std::size_t>(out.values_size());
      out.Clear();
    }
    times.push_back(seconds_since(one));
  }
  std::sort(times.begin(), times.end());
  const std::string name = prefix + "query." + slice.name;
  print(name + ".rows", static_cast<double>(rows), "observations");
  print(name + ".p50", times[times.size() / 2] * 1e3, "ms");
  print(name + ".p99", times[times.size() * 99 / 100] * 1e3, "ms");
}

// The sum by reference area and year of all that the subject may see.
void sum(Bench& bench, const std::string& prefix = "") {
  const policy::Subject subject = subject_of(bench, false);
  const auto flow = must(bench.service.open_flow(subject, "dataflows/B.CUBE"));
  const auto snapshot = bench.store->snapshot();
  const LayersPointer layers = bench.service.sight(subject, *flow)->layers;
  SumQuestion question;
  question.by = {1, 3};
  std::vector<double> times;
  std::uint64_t figures = 0;
  for (int i = 0; i < 5; ++i) {
    const auto start = SteadyClock::now();
    const auto sums = must(sum_by(*snapshot, bench.cache, layers, question));
    figures = 0;
    for (const SumCell& cell : sums.cells) figures += cell.figures;
    times.push_back(seconds_since(start) * 1e3);
  }
  print(prefix + "sum.observations", static_cast<double>(figures), "observations");
  print(prefix + "sum.first", times.front(), "ms");
  std::sort(times.begin(), times.end());
  print(prefix + "sum.by_two_dimensions", times[times.size() / 2], "ms");
}

// What was read so far is asked for again, until it is folded.
void fold(Bench& bench) {
  bench.cache.use(bench.folds);
  const policy::Subject subject = subject_of(bench, false);
  const auto flow = must(bench.service.open_flow(subject, "dataflows/B.CUBE"));
  const LayersPointer layers = bench.service.sight(subject, *flow)->layers;
  for (std::uint32_t i = 0; i < limits::fold_asked_min; ++i) (void)bench.folds.find(layers);
  const auto start = SteadyClock::now();
  bench.folds.work_off([] { return false; });
  print("fold.layers", static_cast<double>(layers->all().size()), "layers");
  print("fold.time", seconds_since(start), "s");
  print("fold.bytes", static_cast<double>(bench.folds.bytes()), "bytes");
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::cerr << "statistics FILE [CORRECTION]\n";
    return 2;
  }
  std::string dir = (std::filesystem::temp_directory_path() / "entente-bench-XXXXXX").string();
  if (mkdtemp(dir.data()) == nullptr) return 1;
  {
    Bench bench(dir);
    must(define_structures(*bench.store, bench.structures, *bench.ledger, cube_structures(argv[1]),
                           bench.clock.now()));
    ingest(bench, argv[1], "cube");
    const std::vector<Slice> slices = {
        {"leading",
         {{"REF_AREA", {"DEU"}}, {"COUNTERPART_AREA", {"SYR"}}, {"SEX", {"M"}}},
         "2015-01",
         "2016-12"},
        {"origin",
         {{"COUNTERPART_AREA", {"AFG"}}, {"SEX", {"F"}}, {"AGE", {"Y18T59"}}},
         "2015-01",
         "2015-12"},
        {"trailing",
         {{"SEX", {"F"}}, {"AGE", {"Y0T4"}}, {"APPLICATION_TYPE", {"R"}}},
         "2016-01",
         "2016-05"}};
    for (const Slice& slice : slices) query(bench, slice);
    sum(bench);
    for (int i = 2; i < argc; ++i) {
      const std::string name = "correction" + (i == 2 ? "" : std::to_string(i - 1));
      ingest(bench, argv[i], name);
      if (i + 1 < argc) continue;
      for (const Slice& slice : slices) query(bench, slice, name + ".");
      sum(bench, name + ".");
      print("memory.peak_before_folding", peak_memory_mib(), "MiB");
      fold(bench);
      for (const Slice& slice : slices) query(bench, slice, name + ".folded.");
      sum(bench, name + ".folded.");
    }
    print("memory.peak", peak_memory_mib(), "MiB");
  }
  std::uintmax_t bytes = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(dir)) {
    if (entry.is_regular_file() && entry.path().extension() == ".sst") bytes += entry.file_size();
  }
  print("store.tables", static_cast<double>(bytes), "bytes");
  std::filesystem::remove_all(dir);
  return 0;
}
