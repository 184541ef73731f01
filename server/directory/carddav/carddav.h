// CardDAV (RFC 6352) as a flavour of DAV: the lists of people that a caller may see, for address
// books that know nothing else. Pure; any thread.
//
//   /.well-known/carddav              leads to /carddav/
//   /carddav/                         who the caller is
//   /carddav/books/                   the books
//   /carddav/books/igc/               one book
//   /carddav/books/igc/<id>.vcf       one card
#pragma once

#include "server/dav/dav.h"
#include "server/directory/formats/entry.h"

namespace entente::directory {

[[nodiscard]] const dav::Flavour& carddav();
// A card in one of the flavour's formats.
[[nodiscard]] dav::Member card_of(const Entry& entry, std::size_t format);

}  // namespace entente::directory
