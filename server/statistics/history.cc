#include "server/statistics/history.h"

namespace entente::statistics {

void HistoryService::add_to(identity::Gate& gate, const ledger::MakeReceipt& make_receipt) {
  const std::string service = "entente.v1.HistoryService.";
  gate.reads(service + "ListChanges", this, &HistoryService::list_changes);
  gate.streams<v1::WatchUploadsRequest>(
      service + "Watch", [this](const std::shared_ptr<identity::Receiver>& receiver,
                                const v1::WatchUploadsRequest& message, net::Waker waker) {
        return watch([receiver] { return receiver->subject(); }, message, std::move(waker));
      });
  gate.acts(service + "WithdrawUpload", this, &HistoryService::withdraw_upload,
            ledger::with_receipt(make_receipt));
}

}  // namespace entente::statistics
