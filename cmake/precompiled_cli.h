// precompiled.h, and what the command line's verbs are declared with.
#pragma once

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include "precompiled.h"
