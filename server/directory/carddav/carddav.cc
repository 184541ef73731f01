#include "server/directory/carddav/carddav.h"

#include "server/directory/carddav/filter.h"
#include "server/directory/formats/vcard.h"

namespace entente::directory {
namespace {

std::optional<dav::Flavour::Filter> filter_of(const dav::XmlNode& node) {
  std::optional<CardFilter> filter = CardFilter::from(node);
  if (!filter) return std::nullopt;
  if (filter->is_empty()) return dav::Flavour::Filter();
  return
      [filter = *std::move(filter)](const dav::Member& card) { return filter.matches(card.text); };
}

}  // namespace

const dav::Flavour& carddav() {
  static const dav::Flavour flavour = {
      .root = "/carddav/",
      .home = "/carddav/books/",
      .well_known = "/.well-known/carddav",
      .extension = ".vcf",
      .space = "urn:ietf:params:xml:ns:carddav",
      .header = "1, 3, addressbook",
      .home_title = "Address books",
      .collection = "addressbook",
      .data = "address-data",
      .formats = {{.version = "3.0",
                   .content_type = "text/vcard; charset=utf-8; version=3.0",
                   .tag = ""},
                  {.version = "4.0",
                   .content_type = "text/vcard; charset=utf-8; version=4.0",
                   .tag = "-4"}},
      .data_types =
          "<C:address-data-type content-type=\"text/vcard\" version=\"3.0\"/>"
          "<C:address-data-type content-type=\"text/vcard\" version=\"4.0\"/>",
      .property = nullptr,
      .filter = filter_of};
  return flavour;
}

dav::Member card_of(const Entry& entry, std::size_t format) {
  return {.text = to_vcard(entry, format == 0 ? VcardVersion::V3 : VcardVersion::V4)};
}

}  // namespace entente::directory
