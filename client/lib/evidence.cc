#include "client/lib/evidence.h"

#include <algorithm>
#include <charconv>
#include <set>
#include <utility>
#include <vector>

#include "client/lib/certificates.h"
#include "client/lib/entered.h"
#include "client/lib/figures_shape.h"
#include "client/lib/lie.h"
#include "client/lib/signature.h"
#include "entente/v1/statistics.pb.h"
#include "proto/contract/bytes.h"
#include "proto/contract/digest.h"
#include "proto/contract/manifest.h"
#include "proto/contract/row_tree.h"
#include "proto/formats/row_texts.h"

namespace entente::client {
namespace {

// Whether `words` is what is signed of the upload's file as a whole.
Status check_file_words(const v1::UploadEvidence& evidence, const std::string& words) {
  const v1::Upload& upload = evidence.upload();
  const std::string dataflow = upload.name().substr(0, upload.name().find("/uploads/"));
  const Digest mapping = sha256(evidence.mapping());
  // Upload id and size are the signer's own: they are taken from the words themselves.
  std::vector<std::string> lines;
  for (std::size_t at = 0, end; (end = words.find('\n', at)) != std::string::npos; at = end + 1) {
    lines.push_back(words.substr(at, end - at));
  }
  if (lines.size() < 6 || lines[4].empty() || lines[4].size() > 19 ||
      lines[4].find_first_not_of("0123456789") != std::string::npos) {
    return lie("the manifest does not read");
  }
  const std::string action = v1::UploadAction_Name(upload.action());
  const std::string expected = upload_manifest(
      {.dataflow = dataflow,
       .action = action,
       .upload_id = lines[3],
       .bytes = std::stoull(lines[4]),
       .sha256 = upload.sha256(),
       .mapping_sha256 = evidence.mapping().empty() ? std::string_view() : as_view(mapping)});
  return expected == words ? Status() : lie("the manifest is not that of the upload");
}

// Whether what was signed of the rows is of this upload; and, where it is shown, of this file.
Status check_rows_words(const v1::UploadEvidence& evidence, const RowsWords& words) {
  const v1::Upload& upload = evidence.upload();
  if (words.dataflow != upload.name().substr(0, upload.name().find("/uploads/")) ||
      words.action != v1::UploadAction_Name(upload.action())) {
    return lie("the manifest is not that of the upload");
  }
  if (evidence.file_words().empty()) return {};
  const Digest file = sha256({evidence.file_blind(), evidence.file_words()});
  if (evidence.file_blind().size() != sizeof(Digest) || as_view(file) != words.file_hash) {
    return lie("the manifest is of another file than the server says");
  }
  return check_file_words(evidence, evidence.file_words());
}

Status check_manifest(const v1::UploadEvidence& evidence) {
  const v1::Upload& upload = evidence.upload();
  const std::string& manifest = evidence.manifest();
  if (upload.action() == v1::WITHDRAWAL) {
    return manifest == withdrawal_manifest(upload.withdraws())
               ? Status()
               : lie("the manifest is not that of the withdrawal");
  }
  const auto rows = parse_rows_manifest(manifest);
  return rows ? check_rows_words(evidence, *rows) : check_file_words(evidence, manifest);
}

// The party's own signature, by a certificate of its that stands in the ledger.
Status check_signature(Client& client, UploadProof& proof) {
  const v1::Upload& upload = proof.evidence.upload();
  Result<std::string> signer = signer_of_detached(proof.evidence.manifest(), upload.signature());
  if (!signer.ok()) return lie(std::string(signer.status().message()));
  proof.certificate_der = *std::move(signer);
  const Digest fingerprint = sha256(proof.certificate_der);
  if (as_view(fingerprint) != upload.signer_certificate_sha256()) {
    return lie("another certificate signed than the server says");
  }
  CertificateReader certificates(client);
  ENTENTE_TRY(
      const v1::Certificate entered,
      certificates.of_party("certificates/" + to_hex(as_view(fingerprint)), upload.party()));
  proof.account = entered.account();
  return {};
}

Status check_entry(Client& client, UploadProof& proof) {
  const v1::Upload& upload = proof.evidence.upload();
  if (!proof.evidence.has_entry()) return lie("the ledger has no entry of the upload");
  const Result<Entry> entry = proven_entry(client, proof.evidence.entry_index());
  if (!entry.ok() && entry.status().code() == Code::NotFound) return {};
  if (!entry.ok()) return entry.status();
  const Act& act = entry->act;
  // Of what was signed, unless that was the file as a whole.
  const Digest of_words = sha256(proof.evidence.manifest());
  const bool whole = proof.evidence.manifest().starts_with("entente-upload/1\n");
  const std::string_view digest = whole ? std::string_view(upload.sha256()) : as_view(of_words);
  if (act.kind != "statistics.upload" || act.object != upload.name() ||
      act.object_digest != digest || act.signature != upload.signature() ||
      "parties/" + act.party != upload.party()) {
    return lie("the ledger's entry says something else of the upload");
  }
  proof.entry = entry->index;
  return {};
}

Status check_evidence(Client& client, UploadProof& proof) {
  const v1::Upload& upload = proof.evidence.upload();
  if (upload.sha256().empty() && proof.evidence.manifest().empty()) {
    return {Code::FailedPrecondition, Reason::None,
            "it was signed as a whole only, which is told to its party and to the secretariat: in "
            "this dataflow a file's digest could give a confidential figure away"};
  }
  if (upload.signature().empty() || proof.evidence.manifest().empty()) {
    return {Code::FailedPrecondition, Reason::None, "the upload was not signed"};
  }
  ENTENTE_TRY_VOID(check_manifest(proof.evidence));
  ENTENTE_TRY_VOID(check_signature(client, proof));
  return check_entry(client, proof);
}

// `1.50` and 150 times ten to -2 are one. Nothing: it is no figure.
std::optional<std::pair<std::string, std::int64_t>> decimal_of(std::string_view text) {
  std::string digits;
  std::int64_t exponent = 0;
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  const std::size_t e = text.find_first_of("eE");
  if (e != std::string_view::npos) {
    std::string_view power = text.substr(e + 1);
    if (power.starts_with('+')) power.remove_prefix(1);
    const auto read = std::from_chars(power.data(), power.data() + power.size(), exponent);
    if (read.ec != std::errc() || read.ptr != power.data() + power.size()) return std::nullopt;
    text = text.substr(0, e);
  }
  if (const std::size_t point = text.find('.'); point != std::string_view::npos) {
    exponent -= static_cast<std::int64_t>(text.size() - point - 1);
    digits = std::string(text.substr(0, point)).append(text.substr(point + 1));
  } else {
    digits = text;
  }
  if (digits.empty() || digits.find_first_not_of("0123456789") != std::string::npos) {
    return std::nullopt;
  }
  digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size() - 1));
  if (digits == "0") return std::pair<std::string, std::int64_t>("0", 0);
  for (; digits.ends_with('0'); digits.pop_back()) ++exponent;
  return std::pair((negative ? "-" : "") + digits, exponent);
}

// As a period is told: `2015-A1` is `2015`, `2015-M03` is `2015-03`.
std::string plain_period(std::string_view text) {
  std::string out(text);
  if (out.size() == 7 && out.ends_with("-A1")) out.resize(4);
  if (out.size() == 8 && out[4] == '-' && out[5] == 'M') out.erase(5, 1);
  return out;
}

// Whether the row says of the figure what the server shows.
Status check_row(const SeenFigure& figure, std::string_view row, std::string_view columns) {
  const auto cells = statistics::cells_of(row);
  const auto names = statistics::cells_of(columns);
  const std::size_t key = figure.key.size();
  if (!cells || !names || cells->size() != names->size() || cells->size() < key + 3 ||
      names->front() != "ACTION" || names->at(1 + key) != "TIME_PERIOD") {
    return lie("the row does not read");
  }
  if (!std::equal(figure.key.begin(), figure.key.end(), cells->begin() + 1) ||
      plain_period(cells->at(1 + key)) != plain_period(figure.period)) {
    return lie("the row is of another observation");
  }
  const std::string& value = cells->at(2 + key);
  if (value.empty() && !figure.value.empty()) {
    return {Code::FailedPrecondition, Reason::None,
            "the newest upload of it left the figure as it was; prove it as of before that"};
  }
  const bool missing = value.empty() || value == "NaN";
  if (missing != figure.value.empty() ||
      (!missing && (!decimal_of(value) || decimal_of(value) != decimal_of(figure.value)))) {
    return lie("the party signed `" + value + "`, and the server shows `" + figure.value + "`");
  }
  std::string mark;  // signed, and shown no longer
  for (std::size_t i = 3 + key; i < cells->size(); ++i) {
    const auto shown = figure.attributes.find(names->at(i));
    if (cells->at(i).empty() || shown == figure.attributes.end()) continue;
    // What is held back so that it gives nothing away is so marked beside what the party gave.
    if (names->at(i) == "CONF_STATUS" && (shown->second == "S" || shown->second == "D")) continue;
    // Who brings in again what was exported while it was held back signs that mark.
    const bool was_mark = names->at(i) == "CONF_STATUS" && shown->second == "F" &&
                          (cells->at(i) == "S" || cells->at(i) == "D");
    if (was_mark) {
      mark = cells->at(i);
      continue;
    }
    if (cells->at(i) != shown->second) {
      return lie("the party signed " + names->at(i) + " `" + cells->at(i) +
                 "`, and the server shows `" + shown->second + "`");
    }
  }
  if (mark.empty()) return {};
  return {Code::FailedPrecondition, Reason::None,
          "the party signed CONF_STATUS `" + mark +
              "`, and the server shows `F`. A figure that was held back beside others bears that "
              "mark in its party's own export; brought in again with it, it is free as soon as "
              "nothing needs it. That it is so here, and not the party's own word, the row does "
              "not prove: ask the party, which can bring the figure in anew with `F`"};
}

}  // namespace

Result<UploadProof> prove_upload(Client& client, const std::string& name,
                                 std::string_view file_sha256) {
  v1::GetUploadRequest request;
  request.set_name(name);
  UploadProof proof;
  ENTENTE_TRY(proof.evidence,
              client.call<v1::UploadEvidence>("entente.v1.EvidenceService.GetUpload", request));
  const v1::Upload& upload = proof.evidence.upload();
  if (upload.name() != name) return lie("the server showed another upload");
  ENTENTE_TRY_VOID(check_evidence(client, proof));
  if (!file_sha256.empty() && file_sha256 != upload.sha256()) {
    return lie("the file is not the one that was uploaded: its SHA-256 is " +
               to_hex(file_sha256).substr(0, 16) + "..., not " +
               to_hex(upload.sha256()).substr(0, 16) + "...");
  }
  return proof;
}

Result<UploadProof> prove_figure(Client& client, const v1::QueryRequest& query,
                                 const SeenFigure& figure) {
  const std::string& dataflow = query.dataflow();
  v1::GetFigureRequest request;
  request.set_dataflow(dataflow);
  if (query.has_as_of()) *request.mutable_as_of() = query.as_of();
  *request.mutable_key() = {figure.key.begin(), figure.key.end()};
  request.set_period(figure.period);
  ENTENTE_TRY(v1::FigureEvidence shown,
              client.call<v1::FigureEvidence>("entente.v1.EvidenceService.GetFigure", request));
  UploadProof proof;
  proof.evidence = std::move(*shown.mutable_evidence());
  if (!proof.evidence.upload().name().starts_with(dataflow + "/uploads/")) {
    return lie("the server showed an upload of another dataflow");
  }
  ENTENTE_TRY_VOID(check_evidence(client, proof));
  const auto words = parse_rows_manifest(proof.evidence.manifest());
  if (!words) return lie("the manifest is none of rows");
  row_tree::Proof inclusion{.salt = shown.salt(), .index = shown.index(), .path = {}};
  for (const std::string& one : shown.path()) {
    if (one.size() != sizeof(Digest)) return lie("a proof is malformed");
    inclusion.path.push_back(digest_from(one));
  }
  if (!row_tree::holds(shown.row(), inclusion, digest_from(words->root))) {
    return lie("the row is none of those that the party signed");
  }
  ENTENTE_TRY_VOID(check_row(figure, shown.row(), words->columns));
  proof.row = shown.row();
  proof.salt = shown.salt();
  proof.index = shown.index();
  proof.path = {shown.path().begin(), shown.path().end()};
  return proof;
}

namespace {

// By what figures differ, and how: `APPLICATION (N, R)`; the dimensions first, then the period.
std::string differences(const v1::Observations& figures) {
  constexpr std::size_t told_max = 6;
  std::string out;
  const auto tell = [&](const std::string& name, const v1::Observations::Column& column) {
    std::set<std::string> codes;
    for (const std::uint32_t code : column.codes()) {
      codes.insert(column.dictionary(static_cast<int>(code)));
    }
    if (codes.size() < 2) return;
    out += out.empty() ? name + " (" : ", " + name + " (";
    std::size_t told = 0;
    for (const std::string& code : codes) {
      if (told != 0) out += ", ";
      out += told == told_max ? "..." : code;
      if (told++ == told_max) break;
    }
    out += ')';
  };
  for (const auto& one : figures.dimensions()) tell(one.id(), one);
  tell("the period", figures.periods());
  return out;
}

}  // namespace

Result<SeenFigure> find_figure(Client& client, const v1::QueryRequest& query) {
  SeenFigure figure;
  std::size_t found = 0;
  std::string differ;
  Status unread;
  ENTENTE_TRY_VOID(client.stream<v1::Observations>(
      "entente.v1.StatisticsService.Query", query, [&](const v1::Observations& some) {
        unread = check_figures(some);
        if (!unread.ok()) return false;
        found += static_cast<std::size_t>(some.values_size());
        if (found > 1) differ = differences(some);
        if (found != 1 || some.values_size() != 1) return found <= 1;
        const auto text = [](const v1::Observations::Column& column) {
          return column.dictionary(column.codes_size() == 0 ? 0
                                                            : static_cast<int>(column.codes(0)));
        };
        for (const auto& one : some.dimensions()) figure.key.push_back(text(one));
        for (const auto& one : some.attributes()) figure.attributes[one.id()] = text(one);
        figure.period = text(some.periods());
        const std::int32_t exponent = some.exponents_size() == 0 ? 0 : some.exponents(0);
        if (some.missing_size() == 0) {
          figure.value = std::to_string(some.values(0));
          if (exponent != 0) figure.value += "e" + std::to_string(exponent);
        }
        return true;
      }));
  ENTENTE_TRY_VOID(unread);
  if (found == 1) return figure;
  if (found == 0) return Status(Code::NotFound, Reason::None, "there is no such figure");
  return Status(Code::NotFound, Reason::None,
                "there is more than one such figure; say which by " +
                    (differ.empty() ? "every dimension" : differ));
}

}  // namespace entente::client
