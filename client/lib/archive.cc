#include "client/lib/archive.h"

#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <set>
#include <thread>
#include <utility>
#include <vector>

#include "client/lib/documents.h"
#include "client/lib/entered.h"
#include "client/lib/signature.h"
#include "client/lib/tar_file.h"
#include "entente/v1/circulations.pb.h"
#include "entente/v1/directory.pb.h"
#include "entente/v1/ledger.pb.h"
#include "entente/v1/meeting_records.pb.h"
#include "entente/v1/meetings.pb.h"
#include "entente/v1/sealing.pb.h"
#include "proto/contract/file_name.h"

namespace entente::client {
namespace {

// protobuf's JSON mapping as it is: what others read, in whatever language.
std::string json_of(const Message& message) {
  std::string text;
  google::protobuf::util::JsonPrintOptions options;
  options.add_whitespace = true;
  ENTENTE_CHECK(google::protobuf::util::MessageToJsonString(message, &text, options).ok());
  return text;
}
std::string line_of(const Message& message) {
  std::string text;
  ENTENTE_CHECK(google::protobuf::util::MessageToJsonString(message, &text).ok());
  return text + "\n";
}

// A name that the server gave, as one component of a path: never a path, nor what a shell, a
// terminal or `sha256sum --check` would read otherwise.
std::string component(std::string_view name) {
  std::string out = harmless_name(name);
  return out.empty() ? "_" : out;
}
std::string last_of(const std::string& name) { return component(name.substr(name.rfind('/') + 1)); }

// A file beside the archive, gone with this.
class Beside {
 public:
  explicit Beside(const std::string& path) : path_(path + ".content") {}
  ~Beside() {
    std::error_code error;
    std::filesystem::remove(path_, error);
  }
  Beside(const Beside&) = delete;
  Beside& operator=(const Beside&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  const std::string path_;
};

class Archivist {
 public:
  Archivist(Client& client, const ArchiveOptions& options, TarFile& tar)
      : client_(client), options_(options), tar_(tar), beside_(options.path) {}

  Status take_directory() {
    const std::string service = "entente.v1.DirectoryService.";
    tell("the process, its parties and bodies");
    v1::GetProcessRequest process;
    process.set_name(options_.process);
    ENTENTE_TRY(const v1::Process about,
                client_.call<v1::Process>(service + "GetProcess", process));
    ENTENTE_TRY_VOID(tar_.add("process.json", json_of(about)));
    v1::ListParticipationsRequest parties;
    parties.set_process(options_.process);
    parties.set_history(true);
    ENTENTE_TRY_VOID(take_list<v1::ListParticipationsReply>(
        "participations", service + "ListParticipations", parties));
    v1::ListBodiesRequest bodies;
    bodies.set_process(options_.process);
    ENTENTE_TRY_VOID(take_list<v1::ListBodiesReply>("bodies", service + "ListBodies", bodies));
    v1::ListOfficesRequest offices;
    offices.set_process(options_.process);
    return take_list<v1::ListOfficesReply>("offices", service + "ListOffices", offices);
  }

  Status take_documents() {
    v1::ListDocumentsRequest request;
    request.set_process(options_.process);
    request.set_originator(options_.party);
    do {
      ENTENTE_TRY(const v1::ListDocumentsReply page,
                  client_.call<v1::ListDocumentsReply>("entente.v1.DocumentService.ListDocuments",
                                                       request));
      for (const v1::Document& one : page.documents()) ENTENTE_TRY_VOID(take(one));
      request.set_page_token(page.next_page_token());
    } while (!request.page_token().empty());
    return {};
  }

  Status take_circulations() {
    ENTENTE_TRY_VOID(take_box<v1::ListInboxRequest>("ListInbox"));
    return take_box<v1::ListOutboxRequest>("ListOutbox");
  }

  // The meetings of the process, with what was put on record of each.
  Status take_meetings() {
    tell("the meetings");
    v1::ListSeriesRequest series;
    series.set_process(options_.process);
    series.set_ended(true);
    ENTENTE_TRY(const v1::ListSeriesReply all,
                client_.call<v1::ListSeriesReply>("entente.v1.MeetingService.ListSeries", series));
    ENTENTE_TRY_VOID(tar_.add("meeting_series.jsonl", line_of(all)));
    v1::ListMeetingsRequest request;
    request.set_process(options_.process);
    do {
      ENTENTE_TRY(
          const v1::ListMeetingsReply page,
          client_.call<v1::ListMeetingsReply>("entente.v1.MeetingService.ListMeetings", request));
      for (const v1::Meeting& one : page.meetings()) ENTENTE_TRY_VOID(take(one));
      request.set_page_token(page.next_page_token());
    } while (!request.page_token().empty());
    return {};
  }

  // The ledger as `entente ledger export` writes it: every row, those open to the account in full.
  // The last of what is taken, so that the receipts of what was taken before stand in it.
  Status take_ledger() {
    const std::string service = "entente.v1.LedgerService.";
    tell("the ledger");
    ENTENTE_TRY(const v1::Checkpoint newest, settled_checkpoint());
    std::string lines = line_of(newest);
    for (std::uint64_t next = 0; next < newest.size();) {
      v1::ListEntriesRequest request;
      request.set_from(next);
      request.set_to(newest.size());
      request.set_page_size(1000);
      ENTENTE_TRY(const v1::ListEntriesReply page,
                  client_.call<v1::ListEntriesReply>(service + "ListEntries", request));
      for (const v1::LedgerRow& row : page.rows()) lines += line_of(row);
      if (page.next() <= next) break;
      next = page.next();
    }
    report.entries = newest.size();
    return tar_.add("ledger.jsonl", lines);
  }

  ArchiveReport report;

 private:
  void tell(const std::string& what) const {
    if (options_.progress) options_.progress(what);
  }

  // `prove`: that the receipt is of what was read, once a checkpoint is over it.
  void entered(const v1::Receipt& receipt, std::function<Status()> prove) {
    ++report.receipts;
    entries_min_ = std::max(entries_min_, receipt.entry_index() + 1);
    unproved_.push_back(std::move(prove));
  }

  // A checkpoint is signed within a second of what it is over: one that has every act of before,
  // and every receipt that this archive caused.
  Result<v1::Checkpoint> settled_checkpoint() {
    constexpr std::chrono::milliseconds until_signed{1200};
    constexpr std::chrono::milliseconds pause{250};
    constexpr int looks = 40;
    std::this_thread::sleep_for(until_signed);
    for (int i = 0; i < looks; ++i, std::this_thread::sleep_for(pause)) {
      ENTENTE_TRY(const v1::Checkpoint newest, client_.signed_checkpoint());
      if (newest.size() < entries_min_) continue;
      for (const auto& prove : unproved_) ENTENTE_TRY_VOID(prove());
      return newest;
    }
    return Status(Code::Unavailable, Reason::None,
                  "the ledger has signed no checkpoint over the receipts of this archive");
  }

  // All pages of a list, each a line.
  template <typename Rep, typename Req>
  Status take_list(const std::string& name, const std::string& method, Req request) {
    std::string lines;
    do {
      ENTENTE_TRY(const Rep page, client_.call<Rep>(method, request));
      lines += line_of(page);
      request.set_page_token(page.next_page_token());
    } while (!request.page_token().empty());
    return tar_.add(name + ".jsonl", lines);
  }

  Status take(const v1::Document& document) {
    const std::string folder = "documents/" + last_of(document.name()) + "/";
    ++report.documents;
    ENTENTE_TRY_VOID(tar_.add(folder + "document.json", json_of(document)));
    std::set<std::string> taken;  // digests of its contents
    ENTENTE_TRY_VOID(take_contents(folder, document, document.name(), taken));
    for (std::uint64_t revision = document.revision(); revision-- > 1;) {
      v1::GetDocumentRequest get;
      get.set_name(document.name() + "/revisions/" + std::to_string(revision));
      Result<v1::Document> then =
          client_.call<v1::Document>("entente.v1.DocumentService.GetDocument", get);
      if (then.status().code() == Code::NotFound) continue;  // another audience's, or destroyed
      if (!then.ok()) return then.status();
      const std::string place = folder + "revisions/" + std::to_string(revision);
      ENTENTE_TRY_VOID(tar_.add(place + ".json", json_of(*then)));
      ENTENTE_TRY_VOID(take_contents(place + "/", *then, get.name(), taken));
    }
    return take_readers(folder, document);
  }

  // Those of a revision that no later one has.
  Status take_contents(const std::string& folder, v1::Document document, const std::string& name,
                       std::set<std::string>& taken) {
    document.set_name(name);
    for (const v1::Content& content : document.contents()) {
      if (!taken.insert(content.language() + content.sha256()).second) continue;
      ENTENTE_TRY_VOID(take_content(folder, document, content));
    }
    return {};
  }

  // The original, where the account may have it; else a copy.
  Result<Fetched> fetch(const v1::Document& document, const std::string& language) {
    const auto as = [&](Opening opening) {
      return fetch_document(client_, document, language, beside_.path(), opening,
                            [](std::uint64_t, std::uint64_t) {});
    };
    if (document.visibility().handling() != v1::HANDLING_RESTRICTED) {
      const bool sealed = document.visibility().handling() == v1::HANDLING_CONFIDENTIAL;
      return as(sealed ? Opening::Always : Opening::WhereDue);
    }
    Result<Fetched> original = as(Opening::Original);
    if (original.ok() || original.status().code() != Code::PermissionDenied) return original;
    return as(Opening::WhereDue);
  }

  Status take_content(const std::string& folder, const v1::Document& document,
                      const v1::Content& content) {
    tell(document.name() + " " + content.language());
    const bool sealed = document.visibility().handling() == v1::HANDLING_CONFIDENTIAL;
    const Result<Fetched> fetched = fetch(document, content.language());
    if (fetched.status().code() == Code::FailedPrecondition) {  // withdrawn
      report.left_out.push_back(document.name() + " " + content.language() + ": " +
                                std::string(fetched.status().message()));
      return {};
    }
    if (!fetched.ok()) return fetched.status();
    ++report.contents;
    if (fetched->receipt) {
      entered(*fetched->receipt, [this, one = *fetched] { return check_receipt(client_, one); });
    }
    if (!fetched->mark.empty()) ++report.marked;
    const std::string name = sealed ? "body.sealed" : component(content.file_name());
    const std::string place = folder + component(content.language()) + "/";
    ENTENTE_TRY_VOID(tar_.add_file(place + name, beside_.path()));
    return sealed ? take_envelopes(place, *fetched) : Status();
  }

  // What is sealed is taken as it lies, with the envelopes that open it (docs/sealing.md).
  Status take_envelopes(const std::string& place, const Fetched& fetched) {
    v1::ListEnvelopesRequest request;
    request.set_name(fetched.reading);
    const Result<v1::ListEnvelopesReply> reply =
        client_.call<v1::ListEnvelopesReply>("entente.v1.SealingService.ListEnvelopes", request);
    if (reply.status().code() == Code::FailedPrecondition) {  // to no office of the account's
      report.left_out.push_back(fetched.reading + ": " + std::string(reply.status().message()));
      return {};
    }
    if (!reply.ok()) return reply.status();
    for (const v1::Envelope& one : reply->envelopes()) {
      const std::string base = place + "envelope-" + last_of(one.name());
      ENTENTE_TRY_VOID(tar_.add(base + ".der", one.cms()));
      v1::Envelope said = one;
      said.clear_cms();
      ENTENTE_TRY_VOID(tar_.add(base + ".json", json_of(said)));
    }
    return {};
  }

  Status take_readers(const std::string& folder, const v1::Document& document) {
    v1::GetReadersRequest request;
    request.set_name(document.name());
    const Result<v1::Readers> readers =
        client_.call<v1::Readers>("entente.v1.DocumentService.GetReaders", request);
    if (readers.ok()) return tar_.add(folder + "readers.json", json_of(*readers));
    // Told to its originator and to the secretariat only; of what was destroyed, to nobody.
    const bool not_told = readers.status().code() == Code::PermissionDenied ||
                          readers.status().code() == Code::NotFound;
    return not_told ? Status() : readers.status();
  }

  template <typename Req>
  Status take_box(const std::string& method) {
    Req request;
    request.set_process(options_.process);
    do {
      ENTENTE_TRY(const v1::ListCirculationsReply page,
                  client_.call<v1::ListCirculationsReply>("entente.v1.CirculationService." + method,
                                                          request));
      for (const v1::Circulation& one : page.circulations()) ENTENTE_TRY_VOID(take(one));
      request.set_page_token(page.next_page_token());
    } while (!request.page_token().empty());
    return {};
  }

  Status take(const v1::Circulation& circulation) {
    const bool of_party =
        options_.party.empty() || circulation.sender().starts_with(options_.party + "/");
    if (!of_party || !circulations_.insert(circulation.name()).second) return {};
    ++report.circulations;
    const std::string base = "circulations/" + last_of(circulation.name());
    v1::GetCirculationRequest get;
    get.set_name(circulation.name());
    ENTENTE_TRY(const v1::Circulation whole,
                client_.call<v1::Circulation>("entente.v1.CirculationService.GetCirculation", get));
    ENTENTE_TRY_VOID(tar_.add(base + ".json", json_of(whole)));
    v1::ListResponsesRequest request;
    request.set_name(circulation.name());
    ENTENTE_TRY(const v1::ListResponsesReply responses,
                client_.call<v1::ListResponsesReply>("entente.v1.CirculationService.ListResponses",
                                                     request));
    return tar_.add(base + ".responses.json", json_of(responses));
  }

  Status take(const v1::Meeting& meeting) {
    const std::string base = "meetings/" + last_of(meeting.name());
    // A party's own part is what it brought and sent; a meeting is the process's.
    if (!options_.party.empty()) return {};
    ++report.meetings;
    ENTENTE_TRY_VOID(tar_.add(base + ".json", json_of(meeting)));
    const std::string service = "entente.v1.MeetingRecordService.";
    v1::GetRecordRequest get;
    get.set_name(meeting.name() + "/record");
    Result<v1::MeetingRecord> record = client_.call<v1::MeetingRecord>(service + "GetRecord", get);
    if (record.status().code() == Code::FailedPrecondition) {  // restricted
      record = client_.call<v1::MeetingRecord>(service + "OpenRecord", get);
      if (record.ok() && record->has_receipt()) {
        entered(record->receipt(), [this, receipt = record->receipt(), name = record->name()] {
          return entry_of(client_, receipt,
                          {.kind = "meetings.record.read",
                           .object = name,
                           .object_digest = {},
                           .signature = {},
                           .touched = {}})
              .status();
        });
      }
    }
    if (record.status().code() == Code::NotFound) return {};  // none, or another audience's
    if (!record.ok()) return record.status();
    record->clear_receipt();  // it stands in the ledger
    ENTENTE_TRY_VOID(tar_.add(base + ".record.json", json_of(*record)));
    v1::ListRecordCommentsRequest list;
    list.set_name(record->name());
    ENTENTE_TRY(const v1::ListRecordCommentsReply comments,
                client_.call<v1::ListRecordCommentsReply>(service + "ListRecordComments", list));
    return tar_.add(base + ".comments.json", json_of(comments));
  }

  Client& client_;
  std::uint64_t entries_min_ = 0;  // that the ledger must have
  std::vector<std::function<Status()>> unproved_;
  const ArchiveOptions& options_;
  TarFile& tar_;
  const Beside beside_;
  std::set<std::string> circulations_;
};

}  // namespace

Result<ArchiveReport> make_archive(Client& client, const ArchiveOptions& options) {
  ENTENTE_TRY(TarFile tar, TarFile::create(options.path));
  Archivist archivist(client, options, tar);
  ENTENTE_TRY_VOID(archivist.take_directory());
  ENTENTE_TRY_VOID(archivist.take_documents());
  ENTENTE_TRY_VOID(archivist.take_circulations());
  ENTENTE_TRY_VOID(archivist.take_meetings());
  ENTENTE_TRY_VOID(archivist.take_ledger());
  const std::string manifest = tar.digests();
  ENTENTE_TRY(const Signature signature,
              sign_detached(options.certificate_path, options.key_path, manifest));
  ENTENTE_TRY_VOID(tar.add("manifest.sha256", manifest));
  ENTENTE_TRY_VOID(tar.add("manifest.sha256.p7s", signature.der));
  ENTENTE_TRY_VOID(tar.finish());
  return std::move(archivist.report);
}

}  // namespace entente::client
