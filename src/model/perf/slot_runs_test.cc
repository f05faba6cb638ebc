#include "model/perf/slot_runs.h"

#include <gtest/gtest.h>
