#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Every source, header, script and machine of tests/hosts stands in Makefile.am: one that does not
# is built by chance, if at all, and is missing from the tarball. A program of one file stands there
# without its suffix.
set -eu

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cd "$TOP_SRCDIR"
tr -s ' \t' '\n' <Makefile.am >"$work/words"
find analyzers base capture cmd examples host probe report tests \
	-name '*.[ch]' -o -name '*.def' -o -name '*.sh' | sort >"$work/files"
find tests/hosts -maxdepth 1 -name '*.json' >>"$work/files"
if [ ! -s "$work/files" ]; then
	echo "no files found in '$TOP_SRCDIR'"
	exit 1
fi

status=0
while read -r file; do
	if ! grep -qxF -e "$file" -e "${file%.c}" "$work/words"; then
		echo "$file: not in Makefile.am"
		status=1
	fi
done <"$work/files"
exit $status
