#include "server/notices/room.h"

#include "server/notices/letter.h"

namespace entente::notices {

Room::Room(Parts parts, bool sends)
    : parts_(std::move(parts)),
      service_({.store = parts_.store,
                .ledger = parts_.ledger,
                .sources = *parts_.sources,
                .sends = sends}) {}

Status Room::send(Mail mail) {
  if (!is_address(mail.rules.from))
    return invalid_argument("mail.from", "must be an e-mail address");
  ENTENTE_TRY(std::unique_ptr<Post> post, make_post(std::move(mail.relay)));
  mailer_ =
      std::make_unique<Mailer>(std::move(mail.rules), Mailer::Parts{.store = parts_.store,
                                                                    .service = service_,
                                                                    .sources = *parts_.sources,
                                                                    .clock = parts_.clock,
                                                                    .post = std::move(post),
                                                                    .place = parts_.place,
                                                                    .complain = parts_.complain});
  return mailer_->start();
}

}  // namespace entente::notices
