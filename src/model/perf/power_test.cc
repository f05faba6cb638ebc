#include "model/perf/power.h"

#include <gtest/gtest.h>
