#include "server/statistics/history.h"

namespace entente::statistics {

void HistoryService::add_to(identity::Gate& gate, Service::MakeReceipt make_receipt) {
  const std::string service = "entente.v1.HistoryService.";
  gate.reads<v1::ListChangesRequest, v1::Changes>(
      service + "ListChanges",
      [this](const Subject& subject, const v1::ListChangesRequest& message, Snapshot& snapshot) {
        return list_changes(subject, message, snapshot);
      });
  gate.streams<v1::WatchUploadsRequest>(
      service + "Watch", [this](const std::shared_ptr<identity::Receiver>& receiver,
                                const v1::WatchUploadsRequest& message, net::Waker waker) {
        return watch([receiver] { return receiver->subject(); }, message, std::move(waker));
      });
  gate.acts<v1::WithdrawUploadRequest, v1::UploadReport>(
      service + "WithdrawUpload",
      [this](const Subject& subject, const v1::WithdrawUploadRequest& message,
             Transaction& transaction) { return withdraw_upload(subject, message, transaction); },
      [make_receipt = std::move(make_receipt)](store::CommitIndex index, v1::UploadReport& report) {
        if (Result<v1::Receipt> receipt = make_receipt(index); receipt.ok()) {
          *report.mutable_receipt() = *std::move(receipt);
        }
      });
}

}  // namespace entente::statistics
