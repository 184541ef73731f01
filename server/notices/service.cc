#include "server/notices/service.h"

#include "server/notices/words.h"
#include "server/policy/guarded.h"

namespace entente::notices {
namespace {

// A person's settings are their own: nobody else's to read or change, whoever they are.
policy::Guard own(const policy::Subject& subject) {
  policy::Guard guard;
  guard.handling = policy::Handling::Limited;
  guard.originator = subject.party;
  guard.person = subject.person;
  return guard;
}

}  // namespace

store::Key Service::key_of(std::string_view account) const {
  return store::Key(settings_table).id(parts_.store.blind("notices.account", account));
}

void Service::add_to(identity::Gate& gate) {
  gate.reads<v1::GetNoticeSettingsRequest, v1::NoticeSettings>(
      "entente.v1.NoticeService.GetNoticeSettings",
      [this](const policy::Subject& subject, const v1::GetNoticeSettingsRequest&,
             store::Snapshot& snapshot) { return settings_of(subject, snapshot); });
  gate.acts("entente.v1.NoticeService.SetNoticeSettings", this, &Service::set);
}

Result<v1::NoticeSettings> Service::settings_of(const policy::Subject& subject,
                                                store::Snapshot& snapshot) const {
  v1::NoticeSettings settings;
  settings.set_delivery(v1::NoticeSettings::NEVER);
  if (subject.person.empty()) return settings;  // a program reads its news itself
  settings.set_delivery(v1::NoticeSettings::AT_ONCE);
  settings.set_sends(parts_.sends);
  ENTENTE_TRY(const std::optional<std::string> bytes, snapshot.find(key_of(subject.account)));
  if (bytes) {
    record::Settings row;
    if (!row.ParseFromString(*bytes)) {
      return Status(Code::DataLoss, Reason::None, "the settings cannot be read")
          .with_detail("notices row");
    }
    settings.set_delivery(static_cast<v1::NoticeSettings::Delivery>(row.delivery()));
    settings.set_language(row.language());
  }
  ENTENTE_TRY(const std::optional<Addressee> addressee,
              parts_.sources.addressee(subject, snapshot));
  if (addressee) settings.set_address(addressee->email);
  if (settings.language().empty()) {
    settings.set_language(
        language_for("", addressee ? addressee->languages : std::vector<std::string>()));
  }
  return settings;
}

Result<v1::NoticeSettings> Service::set(const policy::Subject& subject,
                                        const v1::SetNoticeSettingsRequest& message,
                                        store::Transaction& transaction) {
  const v1::NoticeSettings& wanted = message.settings();
  if (wanted.delivery() == v1::NoticeSettings::DELIVERY_UNSPECIFIED ||
      !v1::NoticeSettings::Delivery_IsValid(wanted.delivery())) {
    return invalid_argument("settings.delivery", "must be AT_ONCE, DAILY or NEVER");
  }
  if (!wanted.language().empty() && !writes(wanted.language())) {
    return invalid_argument("settings.language", "must be one of en, fr, es, ru, de, ar");
  }
  if (subject.person.empty()) {
    return Status(Code::FailedPrecondition, Reason::None,
                  "notices go to persons, and this is a program's account");
  }
  const policy::Decision decision =
      policy::decide(subject, policy::Action::ChangeOwn, own(subject), Instant{});
  if (!decision.permits()) {
    return Status(Code::PermissionDenied, Reason::NotYours, "an application password only reads");
  }
  record::Settings row;
  row.set_account(subject.account);
  row.set_delivery(static_cast<std::uint32_t>(wanted.delivery()));
  row.set_language(wanted.language());
  transaction.put(key_of(subject.account), row.SerializeAsString());
  ledger::Act act;
  act.account = subject.account;
  act.party = subject.party;
  act.session = subject.session;
  act.kind = "notices.settings";
  act.object = subject.account;
  parts_.ledger.record(transaction, act);
  return settings_of(subject, transaction);
}

}  // namespace entente::notices
