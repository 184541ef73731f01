// precompiled.h, and what the tests are written with.
#pragma once

#include <rapidcheck.h>
#include <rapidcheck/catch.h>

#include <catch2/catch.hpp>

#include "precompiled.h"
