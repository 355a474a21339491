# SPDX-License-Identifier: BSD-2-Clause
"""All cases, in the order of the README."""
from . import table, order, loss, copies, handshake  # noqa: F401
from . import numbers, offload, clocks, probes, clean  # noqa: F401
