#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# examples/raw-socket-ipc does what it tells, and the pages show what it prints. Interrupted it
# leaves nothing behind, either.
. "$TOP_SRCDIR/tests/live/examples.sh"

example raw-socket-ipc
shown man/pktlint-tutorial.7
shown README.md
interrupted
