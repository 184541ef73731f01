#include "server/notices/words.h"

#include <algorithm>
#include <array>
#include <map>

namespace entente::notices {
namespace {

// `{sender}`, `{process}`, `{ask}`, `{deadline}`, `{link}`, `{count}` and `{settings}` are filled
// in.
struct Catalogue {
  std::string_view language;
  std::array<std::string_view, 4> asks;  // for information, comment, approval by silence, action
  std::string_view subject;
  std::string_view sent;
  std::string_view reminded;
  std::string_view adopted_subject;
  std::string_view adopted;
  std::string_view lapsed_subject;
  std::string_view lapsed;
  std::string_view consent_subject;
  std::array<std::string_view, 3> consents;  // asked for, granted, refused
  std::string_view until;
  std::string_view open;
  std::string_view digest_subject;
  std::string_view more;
  std::string_view why;
};

constexpr std::array<Catalogue, 6> catalogues{{
    {.language = "en",
     .asks = {"for information", "for comment", "for approval by silence", "for action"},
     .subject = "{process}: {ask}",
     .sent = "{sender} sent you something in {process}, {ask}",
     .reminded = "{sender} reminds you of something in {process}, {ask}",
     .adopted_subject = "{process}: adopted by silence",
     .adopted = "What {sender} sent in {process} is adopted: nobody has broken the silence",
     .lapsed_subject = "{process}: not adopted",
     .lapsed = "What {sender} sent in {process} is not adopted: it was changed, withdrawn or "
               "destroyed before the deadline",
     .consent_subject = "{process}: a consent",
     .consents = {"{sender} asks for the consent of your party in {process}",
                  "{sender} has agreed to what you asked for in {process}",
                  "{sender} has not agreed to what you asked for in {process}"},
     .until = " (until {deadline})",
     .open = "Sign in to read it: {link}",
     .digest_subject = "Waiting for you: {count}",
     .more = "And {count} more.",
     .why = "A notice never says what was sent. To be told at once, once a day or not at all: "
            "{settings}"},
    {.language = "fr",
     .asks = {"pour information", "pour commentaires", "pour approbation tacite",
              "pour suite à donner"},
     .subject = "{process} : {ask}",
     .sent = "{sender} vous a adressé un envoi dans {process}, {ask}",
     .reminded = "{sender} vous rappelle un envoi dans {process}, {ask}",
     .adopted_subject = "{process} : adopté tacitement",
     .adopted = "L’envoi de {sender} dans {process} est adopté : personne n’a rompu le silence",
     .lapsed_subject = "{process} : non adopté",
     .lapsed = "L’envoi de {sender} dans {process} n’est pas adopté : il a été modifié, retiré ou "
               "détruit "
               "avant l’échéance",
     .consent_subject = "{process} : un consentement",
     .consents = {"{sender} demande le consentement de votre partie dans {process}",
                  "{sender} a consenti à ce que vous aviez demandé dans {process}",
                  "{sender} n’a pas consenti à ce que vous aviez demandé dans {process}"},
     .until = " (jusqu’au {deadline})",
     .open = "Connectez-vous pour le lire : {link}",
     .digest_subject = "En attente : {count}",
     .more = "Et {count} de plus.",
     .why = "Un avis ne dit jamais ce qui a été envoyé. Pour être averti aussitôt, une fois par "
            "jour ou jamais : "
            "{settings}"},
    {.language = "es",
     .asks = {"para información", "para comentarios", "para aprobación tácita", "para actuación"},
     .subject = "{process}: {ask}",
     .sent = "{sender} le ha enviado algo en {process}, {ask}",
     .reminded = "{sender} le recuerda un envío en {process}, {ask}",
     .adopted_subject = "{process}: adoptado tácitamente",
     .adopted = "El envío de {sender} en {process} queda adoptado: nadie ha roto el silencio",
     .lapsed_subject = "{process}: no adoptado",
     .lapsed = "El envío de {sender} en {process} no queda adoptado: fue modificado, retirado o "
               "destruido antes del plazo",
     .consent_subject = "{process}: un consentimiento",
     .consents = {"{sender} solicita el consentimiento de su parte en {process}",
                  "{sender} ha accedido a lo que usted solicitó en {process}",
                  "{sender} no ha accedido a lo que usted solicitó en {process}"},
     .until = " (hasta el {deadline})",
     .open = "Inicie sesión para leerlo: {link}",
     .digest_subject = "Pendientes: {count}",
     .more = "Y {count} más.",
     .why = "Un aviso nunca dice qué se ha enviado. Para recibirlo al momento, una vez al día o "
            "nunca: {settings}"},
    {.language = "ru",
     .asks = {"для сведения", "для замечаний", "для молчаливого одобрения", "для исполнения"},
     .subject = "{process}: {ask}",
     .sent = "{sender}: вам направлены материалы, {process}, {ask}",
     .reminded = "{sender}: напоминание о материалах, {process}, {ask}",
     .adopted_subject = "{process}: принято молчанием",
     .adopted = "{sender}: направленное в {process} принято: никто не нарушил молчание",
     .lapsed_subject = "{process}: не принято",
     .lapsed = "{sender}: направленное в {process} не принято: оно было изменено, отозвано или "
               "уничтожено до истечения срока",
     .consent_subject = "{process}: согласие",
     .consents = {"{sender}: запрошено согласие вашей стороны, {process}",
                  "{sender}: согласие на ваш запрос дано, {process}",
                  "{sender}: в согласии на ваш запрос отказано, {process}"},
     .until = " (до {deadline})",
     .open = "Войдите, чтобы прочитать: {link}",
     .digest_subject = "Ожидают вас: {count}",
     .more = "И ещё {count}.",
     .why = "Уведомление никогда не раскрывает содержания. Получать сразу, раз в день или никогда: "
            "{settings}"},
    {.language = "de",
     .asks = {"zur Kenntnis", "zur Stellungnahme", "zur stillschweigenden Zustimmung",
              "zur Erledigung"},
     .subject = "{process}: {ask}",
     .sent = "{sender} hat Ihnen etwas in {process} gesandt, {ask}",
     .reminded = "{sender} erinnert Sie an etwas in {process}, {ask}",
     .adopted_subject = "{process}: stillschweigend angenommen",
     .adopted = "Was {sender} in {process} gesandt hat, ist angenommen: Niemand hat das Schweigen "
                "gebrochen",
     .lapsed_subject = "{process}: nicht angenommen",
     .lapsed =
         "Was {sender} in {process} gesandt hat, ist nicht angenommen: Es wurde vor Ablauf der "
         "Frist geändert, zurückgezogen oder vernichtet",
     .consent_subject = "{process}: eine Zustimmung",
     .consents = {"{sender} bittet Ihre Partei um Zustimmung, {process}",
                  "{sender} hat Ihrer Bitte zugestimmt, {process}",
                  "{sender} hat Ihrer Bitte nicht zugestimmt, {process}"},
     .until = " (bis {deadline})",
     .open = "Zum Lesen anmelden: {link}",
     .digest_subject = "Für Sie liegt vor: {count}",
     .more = "Und {count} weitere.",
     .why = "Ein Hinweis sagt nie, was gesandt wurde. Sofort, einmal am Tag oder nie "
            "benachrichtigt werden: "
            "{settings}"},
    {.language = "ar",
     .asks = {"للعلم", "لإبداء الملاحظات", "للموافقة الضمنية", "لاتخاذ إجراء"},
     .subject = "{process}: {ask}",
     .sent = "أرسل إليكم {sender} مادة في {process}، {ask}",
     .reminded = "يذكّركم {sender} بمادة في {process}، {ask}",
     .adopted_subject = "{process}: اعتُمد ضمنيًا",
     .adopted = "اعتُمد ما أرسله {sender} في {process}: لم يكسر أحد الصمت",
     .lapsed_subject = "{process}: لم يُعتمد",
     .lapsed = "لم يُعتمد ما أرسله {sender} في {process}: عُدّل أو سُحب أو أُتلف قبل انتهاء المهلة",
     .consent_subject = "{process}: موافقة",
     .consents = {"يطلب {sender} موافقة طرفكم في {process}",
                  "وافق {sender} على ما طلبتموه في {process}",
                  "لم يوافق {sender} على ما طلبتموه في {process}"},
     .until = " (حتى {deadline})",
     .open = "سجّلوا الدخول لقراءتها: {link}",
     .digest_subject = "بانتظاركم: {count}",
     .more = "و{count} غيرها.",
     .why = "لا يذكر الإشعار أبدًا مضمون ما أُرسل. لتلقّيه فورًا أو مرة في اليوم أو عدم تلقّيه: "
            "{settings}"},
}};

const Catalogue* find(std::string_view language) {
  const auto* found = std::ranges::find(catalogues, language, &Catalogue::language);
  return found == catalogues.end() ? nullptr : found;
}

using Values = std::map<std::string_view, std::string>;

std::string fill(std::string_view text, const Values& values) {
  std::string out;
  while (!text.empty()) {
    const std::size_t open = std::min(text.find('{'), text.size());
    out += text.substr(0, open);
    text.remove_prefix(open);
    if (text.empty()) break;
    const std::size_t close = text.find('}');
    out += values.at(text.substr(1, close - 1));
    text.remove_prefix(close + 1);
  }
  return out;
}

// `processes/igc` is written IGC.
std::string process_word(std::string_view process) {
  std::string word(process.substr(process.find('/') + 1));
  std::ranges::transform(word, word.begin(),
                         [](char c) { return c >= 'a' && c <= 'z' ? char(c - 32) : c; });
  return word;
}

// `parties/SWE/accounts/anna` is written SWE (anna).
std::string sender_word(std::string_view account) {
  const std::size_t party = account.find('/') + 1;
  const std::size_t behind = account.find('/', party);
  return std::string(account.substr(party, behind - party)) + " (" +
         std::string(account.substr(account.rfind('/') + 1)) + ")";
}

Values values_of(const Catalogue& in, const Told& told) {
  const int ask = std::clamp(static_cast<int>(told.ask) - 1, 0, 3);
  return {{"sender", sender_word(told.sender)},
          {"process", process_word(told.process)},
          {"ask", std::string(in.asks[static_cast<std::size_t>(ask)])},
          {"deadline", told.deadline},
          {"link", told.link}};
}

std::string line_of(const Catalogue& in, const Told& told, const Values& values) {
  if (told.consent != Told::Consent::None) {
    return fill(in.consents[static_cast<std::size_t>(told.consent) - 1], values) + ".\n";
  }
  if (told.adopted) return fill(in.adopted, values) + ".\n";
  if (told.lapsed) return fill(in.lapsed, values) + ".\n";
  return fill(told.reminds ? in.reminded : in.sent, values) +
         (told.deadline.empty() ? "." : fill(in.until, values) + ".") + "\n";
}

std::string ending(const Catalogue& in, std::string_view settings) {
  return "\n-- \n" + fill(in.why, {{"settings", std::string(settings)}}) + "\n";
}

}  // namespace

bool writes(std::string_view language) { return find(language) != nullptr; }

std::string language_for(std::string_view wished, std::span<const std::string> spoken) {
  if (writes(wished)) return std::string(wished);
  for (const std::string& one : spoken) {
    const std::string primary = one.substr(0, one.find('-'));
    if (writes(primary)) return primary;
  }
  return "en";
}

Text one_notice(std::string_view language, const Told& told, std::string_view settings) {
  const Catalogue& in = *find(language);
  const Values values = values_of(in, told);
  const std::string_view subject = told.consent != Told::Consent::None ? in.consent_subject
                                   : told.adopted                      ? in.adopted_subject
                                   : told.lapsed                       ? in.lapsed_subject
                                                                       : in.subject;
  return {.subject = fill(subject, values),
          .body = line_of(in, told, values) + "\n" + fill(in.open, values) + "\n" +
                  ending(in, settings)};
}

Text digest(std::string_view language, const std::vector<Told>& all, std::size_t listed,
            std::string_view settings) {
  const Catalogue& in = *find(language);
  Text text{.subject = fill(in.digest_subject, {{"count", std::to_string(all.size())}}),
            .body = ""};
  for (std::size_t i = 0; i < std::min(listed, all.size()); ++i) {
    text.body += line_of(in, all[i], values_of(in, all[i])) + all[i].link + "\n\n";
  }
  if (all.size() > listed) {
    text.body += fill(in.more, {{"count", std::to_string(all.size() - listed)}}) + "\n";
  }
  text.body += ending(in, settings);
  return text;
}

}  // namespace entente::notices
