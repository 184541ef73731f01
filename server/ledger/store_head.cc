#include "server/ledger/store_head.h"

namespace entente::ledger {

Status StoreHead::record_head(std::uint64_t size, std::string_view signed_note) {
  return file_.record(size, signed_note);
}

namespace {

Status damaged() {
  return Status(Code::DataLoss, Reason::None, "the head is damaged")
      .with_detail("the head file's last record is not a checkpoint of its size");
}

}  // namespace

Status check_signer(const std::optional<store::Head>& head, const note::VerifierKey& key) {
  if (!head) return {};
  const Result<note::Note> note = note::Note::parse(head->checkpoint);
  if (!note.ok()) return damaged();
  if (note::verify(*note, key)) return {};
  return Status(Code::InvalidArgument, Reason::None,
                "the ledger's key is not the one that signed this store's last checkpoint")
      .with_detail(
          "every client would refuse what `" + key.text() +
          "` signs: give the key and the origin that the network was made with, whose public half "
          "`entented init` wrote to `ledger.pub` beside the store");
}

Status check_head(TreeLedger& ledger, const store::HeadFile& file) {
  const std::optional<store::Head> head = file.last();
  if (!head) return {};
  // The file authenticates its records; who signed is check_signer's.
  const Result<note::Note> note = note::Note::parse(head->checkpoint);
  if (!note.ok()) return damaged();
  const Result<note::Checkpoint> checkpoint = note::Checkpoint::parse(note->text);
  if (!checkpoint.ok() || checkpoint->size != head->size) return damaged();
  return ledger.check_head(checkpoint->size, checkpoint->root);
}

}  // namespace entente::ledger
