// How a consent is printed, where it is listed and where it waits. One thread.
#pragma once

#include "entente/v1/consents.pb.h"

namespace entente::cli {

void show_consent(const v1::DocumentConsent& consent);

}  // namespace entente::cli
