// `entente notices`: how the network writes to me when something waits.
#include <iostream>

#include "client/cli/context.h"
#include "client/cli/services.h"
#include "entente/v1/notices.pb.h"

namespace entente::cli {
namespace {

void show_settings(const v1::NoticeSettings& settings) {
  switch (settings.delivery()) {
    case v1::NoticeSettings::AT_ONCE:
      std::cout << "told at once";
      break;
    case v1::NoticeSettings::DAILY:
      std::cout << "told once a day";
      break;
    default:
      std::cout << "not told by mail: look into `entente inbox`\n";
      return;
  }
  std::cout << ", in " << safe(settings.language()) << ", at "
            << (settings.address().empty() ? "no address: your entry has none"
                                           : safe(settings.address()))
            << '\n';
  if (!settings.sends()) std::cout << "this network sends no mail: look into `entente inbox`\n";
}

}  // namespace

void add_notice_verbs(CLI::App& app, Context& context) {
  struct Line {
    std::string delivery;
    std::string language;
  };
  const auto line = std::make_shared<Line>();
  CLI::App* verb =
      add_verb(app, "notices", "how you are told by e-mail that something waits for you",
               "entente notices --delivery daily", [line, &context] {
                 if (line->delivery.empty() && line->language.empty()) {
                   context.call<v1::NoticeSettings>(notice_service + "GetNoticeSettings",
                                                    v1::GetNoticeSettingsRequest(), show_settings);
                   return;
                 }
                 v1::SetNoticeSettingsRequest request;
                 v1::NoticeSettings& wanted = *request.mutable_settings();
                 wanted.set_delivery(line->delivery == "daily"   ? v1::NoticeSettings::DAILY
                                     : line->delivery == "never" ? v1::NoticeSettings::NEVER
                                                                 : v1::NoticeSettings::AT_ONCE);
                 wanted.set_language(line->language);
                 context.call<v1::NoticeSettings>(notice_service + "SetNoticeSettings", request,
                                                  show_settings);
               });
  CLI::Option* delivery = verb->add_option("--delivery", line->delivery, "at-once, daily or never");
  delivery->check(CLI::IsMember({"at-once", "daily", "never"}));
  verb->add_option("--language", line->language,
                   "en, fr, es, ru, de or ar; else the first of these that your entry names")
      ->needs(delivery);
}

}  // namespace entente::cli
