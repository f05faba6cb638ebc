#include "model/perf/own_times.h"

#include <gtest/gtest.h>
