#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# examples/bump-in-the-wire does what it tells, and the tutorial shows what it prints. Interrupted
# it leaves nothing behind, either.
. "$TOP_SRCDIR/tests/live/examples.sh"

example bump-in-the-wire
shown man/pktlint-tutorial.7
interrupted
