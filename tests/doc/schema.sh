#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Reports against the JSON Schema that is installed with the program; see schema.py.
set -u

if ! python3 -c 'import jsonschema; jsonschema.Draft202012Validator' 2>/dev/null; then
	echo "SKIP: python3 has no jsonschema with draft 2020-12 (Debian: python3-jsonschema)"
	exit 77
fi
exec python3 "$TOP_SRCDIR/tests/doc/schema.py" "$PKTLINT" \
	"$TOP_SRCDIR/schema/pktlint.report-1.schema.json" \
	"$TOP_SRCDIR/tests/golden/captures" "$TOP_SRCDIR/tests/golden"
