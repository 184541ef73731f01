#include "server/notices/service.h"

#include "proto/contract/limits_notices.h"
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

// Keeps what held until now with what it holds for still: what has come up to `newest`.
void choose(v1::NoticeSettings::Delivery wanted, v1::NoticeSettings::Delivery before,
            std::uint64_t newest, record::Settings& row) {
  row.set_delivery(static_cast<std::uint32_t>(wanted));
  const std::uint64_t held_from =
      row.former().empty() ? 0 : row.former(row.former_size() - 1).until();
  if (wanted == before || newest == held_from) return;  // or nothing came under it
  record::Settings::Former& former = *row.add_former();
  former.set_delivery(static_cast<std::uint32_t>(before));
  former.set_until(newest);
  if (static_cast<std::size_t>(row.former_size()) > limits::notice_changes_max) {
    row.mutable_former()->DeleteSubrange(0, 1);
  }
}

}  // namespace

v1::NoticeSettings::Delivery Chosen::delivery_of(std::uint64_t happening) const {
  if (settings.delivery() == v1::NoticeSettings::NEVER) return v1::NoticeSettings::NEVER;
  for (const record::Settings::Former& one : kept.former()) {
    if (happening <= one.until()) return static_cast<v1::NoticeSettings::Delivery>(one.delivery());
  }
  return settings.delivery();
}

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
  ENTENTE_TRY(Chosen chosen, chosen_by(subject, snapshot));
  return std::move(chosen.settings);
}

Result<Chosen> Service::chosen_by(const policy::Subject& subject, store::Snapshot& snapshot) const {
  Chosen chosen;
  v1::NoticeSettings& settings = chosen.settings;
  settings.set_delivery(v1::NoticeSettings::NEVER);
  if (subject.person.empty()) return chosen;  // a program reads its news itself
  settings.set_delivery(v1::NoticeSettings::AT_ONCE);
  settings.set_sends(parts_.sends);
  ENTENTE_TRY(const std::optional<std::string> bytes, snapshot.find(key_of(subject.account)));
  if (bytes) {
    record::Settings& row = chosen.kept;
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
  return chosen;
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
    return not_yours("an application password only reads");
  }
  ENTENTE_TRY(Chosen before, chosen_by(subject, transaction));
  ENTENTE_TRY(const std::uint64_t newest, parts_.sources.newest(transaction));
  record::Settings row = std::move(before.kept);
  row.set_account(subject.account);
  choose(wanted.delivery(), before.settings.delivery(), newest, row);
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
