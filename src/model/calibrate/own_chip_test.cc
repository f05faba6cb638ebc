#include "model/calibrate/own_chip.h"

#include <gtest/gtest.h>
