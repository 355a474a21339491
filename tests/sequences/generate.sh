#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The generator of numbered captures: the same bytes twice, three packets lost, two doubled and five
# late in every stream that is to be disturbed, and README.md describes the cases that exist.
set -eu

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

if ! command -v python3 >/dev/null; then
	echo "needs python3"
	exit 77
fi
here=$TOP_SRCDIR/tests/sequences
python3 "$here/run.py" --write "$work/one"
python3 "$here/run.py" --write "$work/two"
diff -r "$work/one" "$work/two"

sed -n '/^### /,$p' "$here/README.md" >"$work/described"
python3 "$here/run.py" --readme >"$work/cases"
diff "$work/described" "$work/cases"

python3 - "$work/one" <<'END'
import glob, json, sys
KEYS = ("packets", "lost_packets", "duplicate_packets", "reordered_packets", "extent")
# What others have is told by their variant, counted by hand.
OWN = {
    "clean": [200, 0, 0, 0, []],
    "early": [200, 3, 3, 6, [1, 1, 1, 2, 4, 6]],
    "mirrored": [400, 0, 0, 0, []],
    "few": [200, 1, 1, 1, [3]],
    "anew": [195, 5, 0, 0, []],
    "ping": [4, 1, 0, 0, []],
    "near": [200, 0, 0, 1, [63]],
    "far": [200, 0, 0, 1, [64]],
    "often": [203, 0, 3, 0, []],
    "dscp": [200, 0, 0, 10, [2] * 10],
}
files = sorted(glob.glob(sys.argv[1] + "/*.json"))
for path in files:
    with open(path) as file:
        streams = json.load(file)["streams"]
    told = [[stream[key] for key in KEYS] for stream in streams]
    variant = path.rpartition("-")[2].partition(".")[0]
    if variant in OWN:
        want = [OWN[variant]]
    elif "rfc4737" in path:
        continue
    elif path.endswith("/rtp-many.expect.json"):
        want = [[199, 5, 4, 12, [1] + [2] * 11]]
    elif path.endswith("/sctp-many.expect.json"):
        want = [[205, 0, 5, 0, []]]
    else:
        want = [[199, 3, 2, 5, [1, 1, 2, 3, 6]]] * (2 if "-two." in path else 1)
    if told != want:
        sys.exit("%s: %s" % (path, told))
print("%d captures" % len(files))
END
